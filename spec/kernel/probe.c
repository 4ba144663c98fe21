/*
** probe.c -- sends IP packets as told, one a line of its input.
**
**   INTERFACE PROTOCOL SOURCE NUMBER DESTINATION NUMBER KIND
**   a0 tcp 198.51.100.7 40001 192.0.2.1 22 new
**
** An INTERFACE of "-" sends as the host itself does, by its routes; another
** sends past the host's own firewall, to the link's other end, whatever the
** addresses. The numbers are ports; of icmp and icmpv6 the identifier and the
** type. KIND is what connection tracking makes of it: "new"; "reply", which
** only tcp must be told; "invalid", of tcp flags that nobody sends.
**
** SPDX-License-Identifier: MIT
*/
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE "%15s %7s %45s %u %45s %u %7s"

typedef struct {
  char interface[16], protocol[8], source[46], destination[46], kind[8];
  unsigned from, to;
} order;

typedef struct {
  uint8_t bytes[128];
  size_t header, length; /* of IP; of all */
  int family;
} packet;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static unsigned sum(const uint8_t *at, size_t length) {
  unsigned total = 0;
  size_t i;
  for (i = 0; i < length; i++) total += i % 2 == 0 ? (unsigned)at[i] << 8 : at[i];
  return total;
}

static unsigned folded(unsigned total) {
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  return ~total & 0xffff;
}

/* ------------------------------------------------------------ protocols -- */

static void put_tcp(uint8_t *at, const order *o) {
  enum { FIN = 1, SYN = 2, ACK = 16 };
  int reply = strcmp(o->kind, "reply") == 0, invalid = strcmp(o->kind, "invalid") == 0;
  put16(at, o->from);
  put16(at + 2, o->to);
  at[7] = 1;              /* sequence */
  at[11] = reply ? 2 : 0; /* what a first packet of sequence 1 is answered with */
  at[12] = 5 << 4;
  at[13] = (uint8_t)(SYN | (reply ? ACK : 0) | (invalid ? FIN : 0));
  put16(at + 14, 1024);
}

static void put_udp(uint8_t *at, const order *o) {
  put16(at, o->from);
  put16(at + 2, o->to);
  put16(at + 4, 8);
}

static void put_icmp(uint8_t *at, const order *o) {
  at[0] = (uint8_t)o->to;
  put16(at + 4, o->from);
}

static const struct {
  const char *name;
  uint8_t number;
  size_t length, checksum;
  void (*put)(uint8_t *, const order *);
} protocols[] = {{"tcp", 6, 20, 16, put_tcp},
                 {"udp", 17, 8, 6, put_udp},
                 {"icmp", 1, 8, 2, put_icmp},
                 {"icmpv6", 58, 8, 2, put_icmp}};

static unsigned protocol_of(const order *o) {
  unsigned i;
  for (i = 0; i < sizeof protocols / sizeof *protocols; i++)
    if (strcmp(protocols[i].name, o->protocol) == 0) return i;
  fprintf(stderr, "no such protocol: %s\n", o->protocol);
  exit(1);
}

/* -------------------------------------------------------------- packets -- */

static void put_ip(packet *p, const order *o, uint8_t protocol) {
  p->header = 20;
  p->bytes[0] = 0x45;
  p->bytes[8] = 64;
  p->bytes[9] = protocol;
  inet_pton(AF_INET, o->source, p->bytes + 12);
  inet_pton(AF_INET, o->destination, p->bytes + 16);
}

static void put_ip6(packet *p, const order *o, uint8_t protocol) {
  p->header = 40;
  p->bytes[0] = 0x60;
  p->bytes[6] = protocol;
  p->bytes[7] = 64;
  inet_pton(AF_INET6, o->source, p->bytes + 8);
  inet_pton(AF_INET6, o->destination, p->bytes + 24);
}

/* What the checksum of a transport also covers; not that of IPv4's own ICMP. */
static unsigned pseudo(const packet *p, uint8_t protocol, size_t length) {
  size_t addresses = p->family == AF_INET ? 8 : 32;
  if (protocol == 1) return 0;
  return sum(p->bytes + p->header - addresses, addresses) + protocol + (unsigned)length;
}

static void make(packet *p, const order *o) {
  unsigned kind = protocol_of(o);
  uint8_t number = protocols[kind].number, *payload;
  size_t length = protocols[kind].length;
  memset(p, 0, sizeof *p);
  p->family = strchr(o->source, ':') != NULL ? AF_INET6 : AF_INET;
  (p->family == AF_INET6 ? put_ip6 : put_ip)(p, o, number);
  p->length = p->header + length;
  payload = p->bytes + p->header;
  protocols[kind].put(payload, o);
  put16(payload + protocols[kind].checksum,
        folded(sum(payload, length) + pseudo(p, number, length)));
  put16(p->bytes + (p->family == AF_INET ? 2 : 4),
        (unsigned)(p->family == AF_INET ? p->length : length));
  if (p->family == AF_INET) put16(p->bytes + 10, folded(sum(p->bytes, 20)));
}

/* -------------------------------------------------------------- sending -- */

static void send_on(int link, const packet *p, const char *interface) {
  static const uint8_t peer[6] = {2, 0, 0, 0, 0, 1};
  struct sockaddr_ll to = {0};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(p->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
  to.sll_ifindex = (int)if_nametoindex(interface);
  to.sll_halen = sizeof peer;
  memcpy(to.sll_addr, peer, sizeof peer);
  if (sendto(link, p->bytes, p->length, 0, (struct sockaddr *)&to, sizeof to) < 0) fail(interface);
}

static void send_routed(const packet *p) {
  struct sockaddr_in to = {0};
  struct sockaddr_in6 to6 = {0};
  int six = p->family == AF_INET6, raw = socket(p->family, SOCK_RAW, IPPROTO_RAW);
  if (raw < 0) fail("raw socket");
  to.sin_family = AF_INET;
  memcpy(&to.sin_addr, p->bytes + 16, 4);
  to6.sin6_family = AF_INET6;
  memcpy(&to6.sin6_addr, p->bytes + 24, 16);
  if (sendto(raw, p->bytes, p->length, 0, six ? (struct sockaddr *)&to6 : (struct sockaddr *)&to,
             six ? sizeof to6 : sizeof to) < 0)
    fail("routed");
  close(raw);
}

int main(void) {
  int link = socket(AF_PACKET, SOCK_DGRAM, 0);
  order o;
  packet p;
  if (link < 0) fail("packet socket");
  while (scanf(LINE, o.interface, o.protocol, o.source, &o.from, o.destination, &o.to, o.kind) ==
         7) {
    make(&p, &o);
    if (strcmp(o.interface, "-") == 0)
      send_routed(&p);
    else
      send_on(link, &p, o.interface);
  }
  return 0;
}
