--- What `bin/portolan` starts: the command line, then its exit status.
os.exit(require "portolan.cli".main(arg), true)
