import Contracts
import Glibc

/// The running system's clocks.
enum SystemClock {
    /// Nanoseconds that this system has been awake (CLOCK_MONOTONIC): what counters count in a suspended machine stands
    /// still, and so does this.
    static func awakeNanoseconds() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    /// Nanoseconds that this system has been asleep since its boot (CLOCK_BOOTTIME counts that time too).
    static func asleepNanoseconds() -> UInt64 {
        // Awake first: what passes between the two calls must not look like a moment of sleep in the other direction.
        let awake = nanoseconds(CLOCK_MONOTONIC)
        let all = nanoseconds(CLOCK_BOOTTIME)
        return all > awake ? all - awake : 0
    }

    /// CPU time of this process, user and system.
    static func processNanoseconds() -> UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

    static func now() -> Timestamp {
        Timestamp(milliseconds: Int64(nanoseconds(CLOCK_REALTIME) / 1_000_000))
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
