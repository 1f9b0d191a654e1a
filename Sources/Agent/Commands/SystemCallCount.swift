import CLinux
import Glibc
import Transport

/// Counts the system calls of this very program in a process of its own, as strace(1) does: nothing in a process can count
/// its own. By ptrace(2), for `collect --cost` alone; the daemon's unit does not allow it.
enum SystemCallCount {
    // linux/ptrace.h
    private static let seize: Int32 = 0x4206
    private static let untilNextCall: Int32 = 24
    /// PTRACE_O_TRACESYSGOOD, PTRACE_O_TRACECLONE, PTRACE_O_EXITKILL: threads are counted too, programs that it starts are
    /// not, and nothing is left behind.
    private static let options = 0x01 | 0x08 | 0x10_0000
    /// __WALL: threads too.
    private static let wall: Int32 = 0x4000_0000

    /// Starts this program with these arguments and counts to its end. Nil where tracing is not permitted, or it fails.
    static func count(_ arguments: [String]) async -> Int? {
        // One thread from the start to the end: the kernel knows a tracer by its thread.
        await DedicatedThread.run { trace(arguments) }
    }

    /// In the process that is to be counted: waits until it is.
    static func begin() { kill(getpid(), SIGSTOP) }

    private static func trace(_ arguments: [String]) -> Int? {
        guard let child = start(arguments) else { return nil }
        var status: Int32 = 0
        // It stands still as a whole, so that no thread can be made meanwhile.
        guard waitpid(child, &status, WUNTRACED) == child, isStopped(status), take(child) else {
            kill(child, SIGKILL)
            while waitpid(child, &status, wall) < 0, errno == EINTR {}
            return nil
        }
        kill(child, SIGCONT)
        // Each call stops twice, where it begins and where it ends.
        var stops = 0
        while true {
            let thread = waitpid(-1, &status, wall)
            if thread < 0 {
                if errno == EINTR { continue }
                return nil
            }
            guard isStopped(status) else {
                if thread == child { return status == 0 ? stops / 2 : nil }
                continue
            }
            let signal = status >> 8 & 0xFF
            var passedOn = 0
            if signal == SIGTRAP | 0x80 {
                stops += 1
            } else if status >> 16 == 0 {
                // A signal of its own; what has an event in it is the tracing's.
                passedOn = Int(signal)
            }
            _ = vigie_ptrace(untilNextCall, thread, passedOn)
        }
    }

    /// All threads that it has now.
    private static func take(_ child: pid_t) -> Bool {
        guard let threads = try? Host().list("/proc/\(child)/task"), !threads.isEmpty else { return false }
        return threads.allSatisfy { pid_t($0).map { vigie_ptrace(seize, $0, options) == 0 } ?? false }
    }

    private static func isStopped(_ status: Int32) -> Bool { status & 0xFF == 0x7F }

    private static func start(_ arguments: [String]) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream: Int32 in [0, 1, 2] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", stream == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        var words = (["vigie-agent"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        return posix_spawn(&child, "/proc/self/exe", &actions, nil, &words, environ) == 0 ? child : nil
    }
}
