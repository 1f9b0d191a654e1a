import Synchronization

/// A token bucket for each machine: as many requests at once as a minute allows, refilled evenly.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    private let buckets = Mutex<[Int64: Bucket]>([:])
    private let perSecond: Double
    private let capacity: Double

    init(perMinute: Int) {
        capacity = Double(perMinute)
        perSecond = Double(perMinute) / 60
    }

    /// Takes one request; answers the seconds to wait where there is none left.
    func take(_ machine: Int64, now: ContinuousClock.Instant = .now) -> Int? {
        buckets.withLock { buckets in
            // Full buckets say nothing that a new one would not.
            if buckets.count > 100_000 {
                buckets = buckets.filter { refilled($0.value, now) < capacity }
            }
            var bucket = buckets[machine] ?? Bucket(tokens: capacity, at: now)
            bucket = Bucket(tokens: refilled(bucket, now), at: now)
            defer { buckets[machine] = bucket }
            guard bucket.tokens >= 1 else { return Int(((1 - bucket.tokens) / perSecond).rounded(.up)) }
            bucket.tokens -= 1
            return nil
        }
    }

    /// Gives back one that was taken for nothing.
    func giveBack(_ machine: Int64) {
        buckets.withLock { $0[machine]?.tokens += 1 }
    }

    private func refilled(_ bucket: Bucket, _ now: ContinuousClock.Instant) -> Double {
        let elapsed = bucket.at.duration(to: now) / .seconds(1)
        return min(capacity, bucket.tokens + elapsed * perSecond)
    }
}
