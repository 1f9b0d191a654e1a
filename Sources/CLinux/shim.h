#ifndef VIGIE_CLINUX_SHIM_H
#define VIGIE_CLINUX_SHIM_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc has no wrapper for openat2, and Swift cannot call the variadic syscall(). RESOLVE_IN_ROOT makes every absolute
// symbolic link and every ".." stay below the directory, so that a fixture or a chroot is read as its own machine.
static inline int vigie_open_in_root(int directory, const char *path, int flags) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
#endif
