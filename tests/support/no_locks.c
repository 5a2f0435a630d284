/* A disk without locks, as some network disks are: what asks for a lock is answered "No locks available".

   Preloaded into a process (LD_PRELOAD), it stands before the C library. flock, with which a run's own lock
   file is locked, fails too where NO_FLOCK is set: disks differ in that. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>

static int locks(int command) {
    return command == F_GETLK || command == F_SETLK || command == F_SETLKW || command == F_OFD_GETLK ||
           command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

static int pass_on(const char *name, int file, int command, void *argument) {
    int (*next)(int, int, ...) = dlsym(RTLD_NEXT, name);
    if (locks(command)) {
        errno = ENOLCK;
        return -1;
    }
    return next(file, command, argument);
}

int fcntl(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return pass_on("fcntl", file, command, argument);
}

int fcntl64(int file, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return pass_on("fcntl64", file, command, argument);
}

int flock(int file, int operation) {
    int (*next)(int, int) = dlsym(RTLD_NEXT, "flock");
    if (getenv("NO_FLOCK")) {
        errno = ENOLCK;
        return -1;
    }
    return next(file, operation);
}
