/* A layer of faults under a process: stands between it and the system, at every call that changes what is on disk.

   The process is traced (ptrace, with a seccomp filter that stops it at these calls only), so that nothing that it is
   made of can pass by: Python, SQLite and the search engine alike, whatever libraries they call the system through.
   Calls on files below one folder are counted over all threads and child processes, one at a time. At the n-th of a
   kind something goes wrong: the process is killed before it or after it, the write is cut short, the call fails, or
   it is said to be done and is not. All can be recorded as well, with what was written to stdout between them, in the
   order in which it happened: what a machine that loses its power may leave is made of that (see machine.py).

   For Linux on x86-64. Built by faults.py, which see. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__linux__) || !defined(__x86_64__)
#error "the layer of faults knows Linux on x86-64 only"
#endif

/* Kinds of calls, as bits; faults.py has the same numbers. */
enum { WRITE = 1, SYNC = 2, RENAME = 4, CREATE = 8, MKDIR = 16, TRUNCATE = 32, UNLINK = 64, STDOUT = 128, UNKNOWN = 256, LINK = 512 };

/* What goes wrong. */
enum { NOTHING, KILL_BEFORE, KILL_AFTER, SHORT, SHORT_KILL, FAIL, LIE };

struct plan {
    const char *under;  /* the folder, without links in its name */
    const char *log;    /* where all is recorded; NULL for nowhere */
    const char *report; /* where is said how many calls there were, and at which something went wrong */
    int kinds;          /* which are counted */
    int at;             /* the first is 1 */
    int action;
    int error;
    int lasting;        /* whether it goes wrong from then on */
};

struct call {
    int kind;
    int fd;
    int64_t offset;
    uint64_t inode;
    char path[PATH_MAX], to[PATH_MAX];
    char *data;
    size_t size;
};

struct record {
    uint32_t kind;
    int32_t result;
    uint64_t inode;
    int64_t offset;
    uint32_t path_size, data_size;
};

static const int TRACED[] = {
    SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, SYS_pwritev2, SYS_fsync, SYS_fdatasync, SYS_ftruncate,
    SYS_truncate, SYS_fallocate, SYS_rename, SYS_renameat, SYS_renameat2, SYS_link, SYS_linkat, SYS_symlink,
    SYS_symlinkat, SYS_unlink, SYS_unlinkat, SYS_rmdir, SYS_mkdir, SYS_mkdirat, SYS_creat, SYS_copy_file_range,
    SYS_sendfile, SYS_openat2, SYS_io_uring_setup,
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))

/* Have this process and its children stop at the calls. To be called in the process itself, once it is traced. */
int faults_guard(void) {
    struct sock_filter code[16 + 2 * COUNT(TRACED)];
    int n = 0;
    code[n++] = (struct sock_filter)LOAD(arch);
    code[n++] = (struct sock_filter)IS(AUDIT_ARCH_X86_64, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)LOAD(nr);
    for (size_t i = 0; i < COUNT(TRACED); i++) {
        code[n++] = (struct sock_filter)IS((uint32_t)TRACED[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    /* Of the many files that are opened, those that are made or emptied by it. */
    code[n++] = (struct sock_filter)IS(SYS_openat, 0, 3);
    code[n++] = (struct sock_filter)LOAD(args[2]);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 4, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)IS(SYS_open, 0, 3);
    code[n++] = (struct sock_filter)LOAD(args[1]);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 0, 1);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return errno;
    return 0;
}

static pid_t leader; /* the process whose stdout is the command's */
static const struct plan *plan;
static FILE *recording;
static int counted, reached;
static char met[PATH_MAX + 64];

static pid_t group_of(pid_t tid) {
    char name[64], line[128];
    int group = tid;
    snprintf(name, sizeof name, "/proc/%d/status", tid);
    FILE *file = fopen(name, "r");
    if (!file) return tid;
    while (fgets(line, sizeof line, file)) sscanf(line, "Tgid: %d", &group);
    fclose(file);
    return group;
}

static int read_memory(pid_t pid, uint64_t address, void *into, size_t size) {
    struct iovec here = {into, size}, there = {(void *)address, size};
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static void read_text(pid_t pid, uint64_t address, char *into) {
    size_t done = 0;
    while (done < PATH_MAX - 1) { /* up to the end of a page at a time: the next may not be there */
        size_t size = 4096 - ((address + done) & 4095);
        if (size > PATH_MAX - 1 - done) size = PATH_MAX - 1 - done;
        if (!read_memory(pid, address + done, into + done, size)) break;
        if (memchr(into + done, 0, size)) return;
        done += size;
    }
    into[done] = 0;
}

static void link_of(const char *name, char *into) {
    ssize_t size = readlink(name, into, PATH_MAX - 1);
    into[size < 0 ? 0 : size] = 0;
}

static void path_of_file(pid_t pid, int fd, char *into) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/fd/%d", pid, fd);
    link_of(name, into);
}

static void path_at(pid_t pid, int folder, uint64_t address, char *into) {
    char text[PATH_MAX], base[PATH_MAX], name[64];
    read_text(pid, address, text);
    if (text[0] == '/') {
        strcpy(into, text);
        return;
    }
    snprintf(name, sizeof name, "/proc/%d/cwd", pid);
    if (folder == AT_FDCWD) link_of(name, base);
    else path_of_file(pid, folder, base);
    if (snprintf(into, PATH_MAX, "%s/%s", base, text) >= PATH_MAX) into[0] = 0;
}

static int is_under(const char *path) {
    size_t size = strlen(plan->under);
    return !strncmp(path, plan->under, size) && (path[size] == '/' || !path[size]);
}

/* Where a plain write goes. */
static int64_t position(pid_t pid, int fd, int64_t size) {
    char name[64], line[128];
    long long at = 0;
    unsigned flags = 0;
    snprintf(name, sizeof name, "/proc/%d/fdinfo/%d", pid, fd);
    FILE *file = fopen(name, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        sscanf(line, "pos: %lld", &at);
        sscanf(line, "flags: %o", &flags);
    }
    fclose(file);
    return flags & O_APPEND ? size : at;
}

static int status_of(pid_t pid, int fd, struct stat *status) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/fd/%d", pid, fd);
    return stat(name, status);
}

static void gather(pid_t pid, struct call *call, uint64_t address, uint64_t count, int vector) {
    struct iovec parts[64];
    size_t number = 1;
    if (vector) {
        number = count > 64 ? 64 : count;
        if (!read_memory(pid, address, parts, number * sizeof parts[0])) return;
    } else {
        parts[0] = (struct iovec){(void *)address, count};
    }
    for (size_t i = 0; i < number; i++) call->size += parts[i].iov_len;
    if (!recording || !(call->data = malloc(call->size + 1))) return;
    size_t done = 0;
    for (size_t i = 0; i < number; i++) {
        read_memory(pid, (uint64_t)parts[i].iov_base, call->data + done, parts[i].iov_len);
        done += parts[i].iov_len;
    }
}

static void names(pid_t pid, struct call *call, int kind, int folder, uint64_t name) {
    path_at(pid, folder, name, call->path);
    struct stat status;
    int there = !lstat(call->path, &status);
    /* What will fail by itself changes nothing. */
    if (is_under(call->path) && (kind == MKDIR ? !there : there)) call->kind = kind;
    call->inode = there ? status.st_ino : 0;
}

static void moves(pid_t pid, struct call *call, int kind, int from, uint64_t old, int to, uint64_t name) {
    path_at(pid, from, old, call->path);
    path_at(pid, to, name, call->to);
    struct stat status;
    if ((is_under(call->path) || is_under(call->to)) && !lstat(call->path, &status)) call->kind = kind;
}

/* Find out what a call is about; its kind stays 0 where that is not the folder. */
static void understand(pid_t pid, const struct user_regs_struct *r, struct call *call) {
    struct stat status;
    long nr = (long)r->orig_rax;
    int fd = (int)r->rdi;
    memset(call, 0, offsetof(struct call, path));
    call->path[0] = call->to[0] = 0;
    call->data = NULL;
    call->size = 0;
    switch (nr) {
    case SYS_open:
    case SYS_openat:
    case SYS_creat: {
        int at = nr == SYS_openat;
        int flags = nr == SYS_creat ? O_CREAT | O_TRUNC | O_WRONLY : (int)(at ? r->rdx : r->rsi);
        if ((flags & O_TMPFILE) == O_TMPFILE) return;
        path_at(pid, at ? fd : AT_FDCWD, at ? r->rsi : r->rdi, call->path);
        if (!is_under(call->path)) return;
        if (stat(call->path, &status)) {
            if (flags & O_CREAT) call->kind = CREATE;
        } else if (flags & O_TRUNC && S_ISREG(status.st_mode) && status.st_size) {
            call->kind = TRUNCATE;
            call->inode = status.st_ino;
        }
        return;
    }
    case SYS_mkdir: names(pid, call, MKDIR, AT_FDCWD, r->rdi); return;
    case SYS_mkdirat: names(pid, call, MKDIR, fd, r->rsi); return;
    case SYS_unlink:
    case SYS_rmdir: names(pid, call, UNLINK, AT_FDCWD, r->rdi); return;
    case SYS_unlinkat: names(pid, call, UNLINK, fd, r->rsi); return;
    case SYS_rename: moves(pid, call, RENAME, AT_FDCWD, r->rdi, AT_FDCWD, r->rsi); return;
    case SYS_renameat:
    case SYS_renameat2: moves(pid, call, RENAME, fd, r->rsi, (int)r->rdx, r->r10); return;
    case SYS_link: moves(pid, call, LINK, AT_FDCWD, r->rdi, AT_FDCWD, r->rsi); return;
    case SYS_linkat: moves(pid, call, LINK, fd, r->rsi, (int)r->rdx, r->r10); return;
    case SYS_symlink: path_at(pid, AT_FDCWD, r->rsi, call->path); break;
    case SYS_symlinkat: path_at(pid, (int)r->rsi, r->rdx, call->path); break;
    case SYS_truncate: names(pid, call, TRUNCATE, AT_FDCWD, r->rdi); call->offset = (int64_t)r->rsi; return;
    case SYS_openat2: path_at(pid, fd, r->rsi, call->path); break;
    case SYS_io_uring_setup: strcpy(call->path, plan->under); strcat(call->path, "/"); break;
    case SYS_sendfile: path_of_file(pid, fd, call->path); break;
    case SYS_copy_file_range: path_of_file(pid, (int)r->rdx, call->path); break;
    default: path_of_file(pid, fd, call->path);
    }
    int is_write = nr == SYS_write || nr == SYS_pwrite64 || nr == SYS_writev || nr == SYS_pwritev || nr == SYS_pwritev2;
    if (!is_under(call->path)) {
        if (fd != 1 || !is_write || !recording || group_of(pid) != leader) return;
        call->kind = STDOUT;
        gather(pid, call, r->rsi, r->rdx, nr != SYS_write && nr != SYS_pwrite64);
        return;
    }
    call->fd = fd;
    if (status_of(pid, fd, &status)) memset(&status, 0, sizeof status);
    call->inode = status.st_ino;
    if (is_write) {
        call->kind = WRITE;
        int placed = nr == SYS_pwrite64 || nr == SYS_pwritev || nr == SYS_pwritev2;
        call->offset = placed ? (int64_t)r->r10 : recording ? position(pid, fd, status.st_size) : 0;
        gather(pid, call, r->rsi, r->rdx, nr != SYS_write && nr != SYS_pwrite64);
    } else if (nr == SYS_fsync || nr == SYS_fdatasync) {
        call->kind = SYNC;
    } else if (nr == SYS_ftruncate) {
        call->kind = TRUNCATE;
        call->offset = (int64_t)r->rsi;
    } else {
        call->kind = UNKNOWN; /* nothing here uses it; were it so, a recording would not be whole */
    }
}

static void note(const struct call *call, int64_t result) {
    if (!recording) return;
    const char *more = call->kind == RENAME || call->kind == LINK ? call->to : call->data;
    size_t size = more == call->to ? strlen(more) : more && result > 0 ? (size_t)result : 0;
    if (more != call->to && size > call->size) size = call->size;
    uint64_t inode = call->inode;
    struct stat status;
    if (call->kind == CREATE && !stat(call->path, &status)) inode = status.st_ino;
    struct record record = {(uint32_t)call->kind, (int32_t)result, inode, call->offset, (uint32_t)strlen(call->path),
                            (uint32_t)size};
    fwrite(&record, sizeof record, 1, recording);
    fwrite(call->path, 1, record.path_size, recording);
    fwrite(more, 1, size, recording);
}

static const char *name_of(long nr) {
    switch (nr) {
    case SYS_write: return "write";
    case SYS_pwrite64: return "pwrite";
    case SYS_fsync: return "fsync";
    case SYS_fdatasync: return "fdatasync";
    case SYS_ftruncate: return "ftruncate";
    case SYS_rename: case SYS_renameat: case SYS_renameat2: return "rename";
    case SYS_link: case SYS_linkat: return "link";
    case SYS_unlink: case SYS_unlinkat: case SYS_rmdir: return "unlink";
    case SYS_mkdir: case SYS_mkdirat: return "mkdir";
    case SYS_open: case SYS_openat: case SYS_creat: return "open";
    default: return "call";
    }
}

static pid_t busy;
static struct call current;
static int kill_at_end;
static unsigned long long asked; /* how many bytes, before a write was cut short */
static pid_t waiting[4096];
static int waiting_from, waiting_to;

static void go_on(pid_t tid) { ptrace(PTRACE_CONT, tid, 0, 0); }

/* A thread is about to make a call. */
static void enter(pid_t tid) {
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, tid, 0, &registers)) return;
    understand(tid, &registers, &current);
    int action = NOTHING;
    if (current.kind & plan->kinds) {
        counted++;
        if (plan->at && (counted == plan->at || (plan->lasting && counted > plan->at))) action = plan->action;
    }
    if (action == SHORT || action == SHORT_KILL) {
        if (current.size < 2) action = action == SHORT ? NOTHING : KILL_BEFORE;
    }
    if (action != NOTHING && !reached++)
        snprintf(met, sizeof met, "%s %s", name_of((long)registers.orig_rax), current.path);
    if (!current.kind) {
        go_on(tid);
        return;
    }
    if (action == KILL_BEFORE) {
        kill(group_of(tid), SIGKILL);
        return;
    }
    if (action == FAIL || action == LIE) {
        registers.orig_rax = (unsigned long long)-1;
        registers.rax = action == FAIL ? (unsigned long long)-(long)plan->error : current.kind == WRITE ? current.size : 0;
        ptrace(PTRACE_SETREGS, tid, 0, &registers);
        if (action == FAIL) note(&current, -plan->error);
        free(current.data);
        go_on(tid);
        return;
    }
    kill_at_end = action == KILL_AFTER || action == SHORT_KILL;
    if (!kill_at_end && action == NOTHING && !recording) {
        free(current.data);
        go_on(tid);
        return;
    }
    asked = 0;
    if (action == SHORT || action == SHORT_KILL) {
        asked = registers.rdx;
        registers.rdx = current.size / 2;
        ptrace(PTRACE_SETREGS, tid, 0, &registers);
    }
    busy = tid;
    ptrace(PTRACE_SYSCALL, tid, 0, 0);
}

static void next(void) {
    while (!busy && waiting_from < waiting_to) enter(waiting[waiting_from++ % 4096]);
}

/* A thread has made its call. */
static void leave(pid_t tid) {
    struct user_regs_struct registers;
    if (!ptrace(PTRACE_GETREGS, tid, 0, &registers)) {
        note(&current, (int64_t)registers.rax);
        if (asked) { /* a compiler may count on it that a call leaves its arguments as they are */
            registers.rdx = asked;
            ptrace(PTRACE_SETREGS, tid, 0, &registers);
        }
    }
    free(current.data);
    busy = 0;
    if (kill_at_end) kill(group_of(tid), SIGKILL);
    else go_on(tid);
    next();
}

/* Trace a process until it ends; return how it ended, as a shell says it. Its children do not outlive it. */
int faults_supervise(pid_t child, const struct plan *given, int ready) {
    int status, code = 255;
    plan = given;
    leader = child;
    recording = plan->log ? fopen(plan->log, "wb") : NULL;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, child, 0, options)) return 254;
    if (write(ready, "x", 1) != 1) return 254;
    for (;;) {
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (tid == busy) {
                busy = 0;
                next();
            }
            if (tid != leader) continue;
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            break;
        }
        int signal_number = WSTOPSIG(status), event = status >> 16;
        if (event == PTRACE_EVENT_SECCOMP) {
            if (busy) waiting[waiting_to++ % 4096] = tid;
            else enter(tid);
        } else if (signal_number == (SIGTRAP | 0x80)) {
            if (tid == busy) leave(tid);
            else go_on(tid);
        } else if (event == PTRACE_EVENT_STOP) {
            if (signal_number == SIGTRAP) go_on(tid);
            else ptrace(PTRACE_LISTEN, tid, 0, 0);
        } else if (event) {
            go_on(tid);
        } else {
            ptrace(PTRACE_CONT, tid, 0, signal_number);
        }
    }
    if (recording) fclose(recording);
    FILE *report = fopen(plan->report, "w");
    if (report) {
        fprintf(report, "%d\n%d\n%s\n", counted, reached, met);
        fclose(report);
    }
    return code;
}
