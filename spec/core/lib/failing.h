/*
** failing.h -- an allocator that fails when told to.
**
** Programs are linked with --wrap=malloc and the like, so that every
** allocation of the core comes by here.
*/
#ifndef failing_h
#define failing_h

/* The allocation that fails, counting from 1 at this moment; 0 is none. */
void fail_allocation(unsigned long nth);
/* How many there have been since. */
unsigned long allocations(void);

#endif
