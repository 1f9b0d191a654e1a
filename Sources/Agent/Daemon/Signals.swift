import Glibc
import Synchronization
import Transport

/// The writing end of the pipe that the handler wakes the program by: a handler may do no more than write().
private let signalPipe = Atomic<Int32>(-1)

/// Signals as values. Children are not affected: handlers do not survive an exec, ignored or blocked signals would.
enum Signals {
    /// The given signals from now on, for as long as the process lives; call it once.
    static func stream(_ numbers: [Int32]) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return stream }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe.store(ends[1], ordering: .relaxed)
        for number in numbers {
            _ = signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                let saved = errno
                _ = write(signalPipe.load(ordering: .relaxed), &byte, 1)
                errno = saved
            }
        }
        let reading = ends[0]
        DedicatedThread.start {
            // A parent may have left them blocked; one thread that takes them is enough.
            withUnsafeTemporaryAllocation(of: sigset_t.self, capacity: 1) { buffer in
                guard let wanted = buffer.baseAddress else { return }
                sigemptyset(wanted)
                for number in numbers { sigaddset(wanted, number) }
                pthread_sigmask(SIG_UNBLOCK, wanted, nil)
            }
            var byte: UInt8 = 0
            while true {
                let count = read(reading, &byte, 1)
                if count == 1 {
                    continuation.yield(Int32(byte))
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
        return stream
    }
}
