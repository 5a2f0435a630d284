/* Ends a process at its N-th change of a file in one folder: preloaded, it stands before the C library.

   KILL_IN: the folder. KILL_COUNT: a file of 8 bytes, the changes so far. KILL_AT: N; 0 only counts.
   KILL_SIGNAL: 9 comes instead of the change, of every second write after half of it; others before it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long at, *count;
static int number;
static const char *folder;

/* Reads the settings; a process that was forked calls it. */
void kills_begin(void) {
    const char *file = getenv("KILL_COUNT");
    folder = getenv("KILL_IN");
    if (!file || !folder) return;
    int place = open(file, O_RDWR);
    if (place < 0) return;
    void *memory = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, place, 0);
    close(place);
    if (memory == MAP_FAILED) return;
    at = atol(getenv("KILL_AT"));
    number = atoi(getenv("KILL_SIGNAL"));
    count = memory;
}

/* Whether the process is to die in this change of path. */
static int due(const char *path) {
    if (!count || !path || strncmp(path, folder, strlen(folder))) return 0;
    if (__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) != at) return 0;
    if (number == SIGKILL) return 1;
    kill(getpid(), number);
    return 0;
}

static int due_file(int file) {
    char name[64], path[PATH_MAX + 1];
    if (!count) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, PATH_MAX);
    if (length < 0) return 0;
    path[length] = 0;
    return due(path);
}

static void die(void) { kill(getpid(), SIGKILL); pause(); }

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

ssize_t write(int file, const void *bytes, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t)
    if (due_file(file)) { if (at % 2) real(file, bytes, size / 2); die(); }
    return real(file, bytes, size);
}

#define PLACED(name) \
ssize_t name(int file, const void *bytes, size_t size, off_t place) { \
    REAL(ssize_t, name, int, const void *, size_t, off_t) \
    if (due_file(file)) { if (at % 2) real(file, bytes, size / 2, place); die(); } \
    return real(file, bytes, size, place); \
}
PLACED(pwrite)
PLACED(pwrite64)

#define ON_FILE(name) \
int name(int file) { \
    REAL(int, name, int) \
    if (due_file(file)) die(); \
    return real(file); \
}
ON_FILE(fsync)
ON_FILE(fdatasync)

#define TRUNCATED(name) \
int name(int file, off_t size) { \
    REAL(int, name, int, off_t) \
    if (due_file(file)) die(); \
    return real(file, size); \
}
TRUNCATED(ftruncate)
TRUNCATED(ftruncate64)

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *)
    if (due(to)) die();
    return real(from, to);
}

int unlink(const char *path) {
    REAL(int, unlink, const char *)
    if (due(path)) die();
    return real(path);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t)
    if (due(path)) die();
    return real(path, mode);
}
