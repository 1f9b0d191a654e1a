import CLinux
import Glibc
import Transport

/// The one place that starts a process: an audited command, a clean environment, no standard input, a deadline, a cap
/// on its output, and a process group of its own that is killed as a whole when it overruns.
struct CommandRunner: CommandRunning {
    /// Bytes of standard output after which a command is killed; a policy of 1,500 packages is below 1 MiB.
    static let outputLimit = 16 << 20
    /// Bytes of standard error that are kept; the rest is read and dropped.
    static let errorLimit = 64 << 10

    private static let environment = [
        "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/nonexistent", "TERM=dumb",
    ]

    func run(_ command: AuditedCommand) async -> CommandResult {
        let (executable, arguments) = (command.executable, command.arguments)
        let deadline = command.deadlineSeconds
        return await DedicatedThread.run {
            Self.execute(executable, arguments, deadlineSeconds: deadline, outputLimit: Self.outputLimit)
        }
    }

    /// Starts the program, reads what it says and waits for its end; blocks the calling thread.
    static func execute(
        _ executable: String, _ arguments: [String], deadlineSeconds: Double, outputLimit: Int
    ) -> CommandResult {
        guard var output = Pipe(limit: outputLimit) else { return CommandResult(end: .notStarted(errno: errno)) }
        defer { output.close() }
        guard var errors = Pipe(limit: errorLimit) else { return CommandResult(end: .notStarted(errno: errno)) }
        defer { errors.close() }
        var child = pid_t()
        let code = spawn(executable, arguments, output: output.writing, errors: errors.writing, child: &child)
        guard code == 0 else { return CommandResult(end: .notStarted(errno: code)) }
        lowerPriority(of: child)
        output.closeWriting()
        errors.closeWriting()

        let deadline = monotonicSeconds() + deadlineSeconds
        var overrun: CommandResult.End?
        while overrun == nil {
            if output.isOpen || errors.isOpen {
                if wait(for: output, errors, milliseconds: 100) {
                    output.drain()
                    errors.drain()
                } else if hasEnded(child) {
                    // The command is gone, but a child of it holds the pipes: what has been said so far is all.
                    break
                }
            } else if hasEnded(child) {
                break
            } else {
                poll(nil, 0, 5)
            }
            if output.overflowed { overrun = .tooMuchOutput(limit: outputLimit) }
            if monotonicSeconds() > deadline { overrun = .timedOut(seconds: deadlineSeconds) }
        }
        // Before the leader is reaped its number cannot be given to another process group.
        kill(-child, SIGKILL)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
        let end = overrun ?? (status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signaled(status & 0x7F))
        return CommandResult(
            end: end, output: output.bytes, errorOutput: errors.bytes,
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], output: Int32, errors: Int32, child: inout pid_t
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        return posix_spawn(&child, executable, &actions, &attributes, &words, &variables)
    }

    /// Below everything that the machine is there for. Not inside a seccomp sandbox: there the unit sets the priority,
    /// and the call itself may be fatal.
    private static func lowerPriority(of child: pid_t) {
        guard !isSandboxed else { return }
        _ = setpriority(__priority_which_t(PRIO_PGRP.rawValue), id_t(child), 10)
    }

    private static let isSandboxed: Bool = {
        guard let text = try? Host().text("proc/self/status") else { return true }
        return !text.split(separator: "\n").contains { $0.hasPrefix("Seccomp:") && $0.trimmed.hasSuffix("0") }
    }()

    /// Whether the process is over; it stays unreaped.
    private static func hasEnded(_ child: pid_t) -> Bool {
        var information = siginfo_t()
        guard waitid(P_PID, id_t(child), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return errno != EINTR }
        return information.si_signo == SIGCHLD
    }

    private static func wait(for output: Pipe, _ errors: Pipe, milliseconds: Int32) -> Bool {
        var set = [output, errors].filter(\.isOpen).map { pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0) }
        return poll(&set, nfds_t(set.count), milliseconds) > 0
    }

    private static func monotonicSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

/// One stream of a child: the parent's end never blocks.
private struct Pipe {
    private(set) var reading: Int32
    private(set) var writing: Int32
    private(set) var bytes: [UInt8] = []
    private(set) var overflowed = false
    private let limit: Int

    init?(limit: Int) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { return nil }
        (reading, writing) = (ends[0], ends[1])
        self.limit = limit
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    var isOpen: Bool { reading >= 0 }

    /// Reads what is there, and closes at the end of the stream.
    mutating func drain() {
        while reading >= 0 {
            var count = 0
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
                count = read(reading, buffer.baseAddress, buffer.count)
                failure = errno
                initialized = max(0, count)
            }
            if count < 0 {
                if failure == EINTR { continue }
                if failure == EAGAIN { return }
            }
            if count <= 0 {
                Glibc.close(reading)
                reading = -1
                return
            }
            let room = limit - bytes.count
            bytes += chunk.prefix(room)
            if count > room { overflowed = true }
            // A flood must not keep the caller from its deadline.
            if overflowed { return }
        }
    }

    mutating func closeWriting() {
        if writing >= 0 { Glibc.close(writing) }
        writing = -1
    }

    mutating func close() {
        closeWriting()
        if reading >= 0 { Glibc.close(reading) }
        reading = -1
    }
}
