#ifndef VIGIE_CLINUX_SHIM_H
#define VIGIE_CLINUX_SHIM_H
// No header of glibc that declares a struct: Swift would take this module for the place where `stat` or `timespec` comes
// from, and ask every file that uses them to import it.
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
extern long syscall(long number, ...);

// glibc has no wrapper for openat2, and Swift cannot call the variadic syscall(). RESOLVE_IN_ROOT makes every absolute
// symbolic link and every ".." stay below the directory, so that a fixture or a chroot is read as its own machine.
static inline int vigie_open_in_root(int directory, const char *path, int flags) {
    struct open_how how = {0};
    how.flags = (uint64_t)(flags | 02000000 /* O_CLOEXEC */);
    how.resolve = RESOLVE_IN_ROOT;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// glibc shows O_PATH only to programs that are built with _GNU_SOURCE, which the Glibc module is not.
static const int vigie_open_path = 010000000;

// The CPU says itself under which hypervisor it runs, and no file of the kernel does; Swift has no way to CPUID. Fills 12
// characters and a zero; false without a hypervisor, and on other architectures. Not by <cpuid.h>: that is part of the
// compiler's module of intrinsics, which would then be where Swift thinks that timespec comes from.
#if defined(__x86_64__)
static inline void vigie_cpuid(uint32_t leaf, uint32_t answer[4]) {
    __asm__ volatile("cpuid"
                     : "=a"(answer[0]), "=b"(answer[1]), "=c"(answer[2]), "=d"(answer[3])
                     : "a"(leaf), "c"(0));
}
static inline int vigie_hypervisor_signature(char signature[13]) {
    uint32_t answer[4];
    __builtin_memset(signature, 0, 13);
    vigie_cpuid(1, answer);
    if (!(answer[2] & (1u << 31))) return 0;
    vigie_cpuid(0x40000000, answer);
    __builtin_memcpy(signature, &answer[1], 12);
    return 1;
}
#else
static inline int vigie_hypervisor_signature(char signature[13]) {
    __builtin_memset(signature, 0, 13);
    return 0;
}
#endif

// glibc's ptrace is variadic, too. For counting the system calls of a process of our own (collect --cost).
static inline long vigie_ptrace(int request, int process, long data) {
    return syscall(SYS_ptrace, (long)request, (long)process, 0L, data);
}

// GNU extensions that the Glibc module hides, because it is built without _GNU_SOURCE: a child starts in / with nothing
// open but its three streams, and pipes are never inherited by a process started at the same time.
extern int posix_spawn_file_actions_addchdir_np(void *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(void *actions, int from);
extern int pipe2(int ends[2], int flags);

// mallopt(3) of <malloc.h>, which is no part of Swift's Glibc module: one arena instead of one for each thread (-8), and
// freed memory back to the kernel early (-1, -3). The agent sleeps for most of its life, and what its collectors needed
// for a moment must not stay with it.
extern int mallopt(int parameter, int value);
static inline void vigie_give_memory_back(void) {
    mallopt(-8, 1);
    mallopt(-1, 64 * 1024);
    mallopt(-3, 64 * 1024);
}

// Of <malloc.h> too (malloc_trim(3)): gives back what is free anywhere in the arenas.
extern int malloc_trim(unsigned long padding);
#endif
