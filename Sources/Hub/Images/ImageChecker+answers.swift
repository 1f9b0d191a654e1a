import Contracts
import Logging

/// Reading what is known of a tag, and keeping what a registry says.
extension ImageChecker {
    func allowance(of target: Target) async throws -> RegistryAllowance {
        let row = try await store.read { try $0.row(ImageCandidates.ledger, target.registry) }
        var ledger = RegistryLedger()
        ledger.blockedUntil = row?.time("blocked_until_at")
        ledger.windowStartedAt = row?.time("window_started_at")
        ledger.windowRequests = row?.integer("window_requests") ?? 0
        ledger.lastError = row?.text("last_error")
        return RegistryAllowance(ledger, budget: settings.requestsPerHour)
    }

    func platforms(of target: Target) async throws -> [Platform] {
        try await store.read { connection in
            var held: [ImagePlatform: [String]] = [:]
            for row in try connection.rows(ImageCandidates.held, target.registry, target.repository, target.tag) {
                held[Self.platform(row), default: []].append(row.text("digests_json") ?? "")
            }
            return try connection.rows(ImageCandidates.ofTag, target.registry, target.repository, target.tag).map {
                row in
                let platform = Self.platform(row)
                return Platform(
                    platform: platform, answer: row.text("answer") ?? "unknown",
                    indexDigest: row.text("index_digest").flatMap { Digest($0) },
                    manifestDigest: row.text("manifest_digest").flatMap { Digest($0) },
                    imageID: row.text("image_id"), held: held[platform] ?? [])
            }
        }
    }

    private static func platform(_ row: SQLRow) -> ImagePlatform {
        ImagePlatform(
            os: row.text("os") ?? "", architecture: row.text("architecture") ?? "", variant: row.text("variant") ?? "")
    }

    /// About once in the interval; a twentieth earlier or later, so that questions spread over the day.
    private func next(after moment: Timestamp) -> Int64 {
        let interval = Int64(settings.intervalHours) * 3_600_000
        return moment.milliseconds + interval + random(-interval / 20...interval / 20)
    }

    func keep(_ found: [Found], of target: Target, _ allowance: RegistryAllowance) async throws -> Result {
        let moment = now()
        let next = next(after: moment)
        allowance.change { $0.lastError = nil }
        try await store.write { connection in
            for answer in found {
                let key = Self.key(target, answer.platform)
                if answer.isMissing {
                    try connection.run(
                        ImageCandidates.refused,
                        key + [moment, next, "gone", "there is no image for \(answer.platform)"])
                } else {
                    try connection.run(
                        ImageCandidates.found,
                        key + [
                            moment, next, answer.indexDigest.text, answer.manifestDigest?.text, answer.imageID,
                        ])
                }
            }
            let events = try connection.run(
                ImageCandidates.announce, target.registry, target.repository, target.tag, moment)
            if events > 0 {
                logger.info("a newer image", metadata: ["image": "\(target)", "references": "\(events)"])
            }
            try Self.keep(allowance.ledger, of: target.registry, in: connection)
        }
        return Result(target: target, answer: "found", detail: nil)
    }

    func keep(
        _ refusal: RegistryClient.Refusal, of target: Target, _ allowance: RegistryAllowance
    ) async throws -> Result {
        let moment = now()
        var next = next(after: moment)
        let answer: String
        let detail: String
        switch refusal {
        case .unauthorized(let text): (answer, detail) = ("unauthorized", text)
        case .gone(let text): (answer, detail) = ("gone", text)
        case .noDigest(let text): (answer, detail) = ("no_digest", text)
        case .unreachable(let text, _):
            (answer, detail) = ("unreachable", text)
            next = moment.milliseconds + Self.retry + random(-Self.retry / 10...Self.retry / 10)
            allowance.change { $0.lastError = text }
        case .rateLimited(let seconds):
            allowance.change { $0.block(forSeconds: seconds, now: moment) }
            let free = allowance.freeAt(now: moment)
            (answer, detail) = ("rate_limited", "it wants no request before \(free)")
            next = free.milliseconds + random(Self.spread)
            allowance.change { $0.lastError = detail }
        case .budgetSpent:
            let free = allowance.freeAt(now: moment)
            (answer, detail) = ("postponed", "no request is left before \(free)")
            next = free.milliseconds + random(Self.spread)
        }
        let time = next
        try await store.write { connection in
            for row in try connection.rows(ImageCandidates.ofTag, target.registry, target.repository, target.tag) {
                // That a registry is asked too often says nothing of the image: what it said before stands.
                let stays = answer == "rate_limited" && row.text("answer") != "unknown"
                if answer == "postponed" || stays { continue }
                try connection.run(
                    ImageCandidates.refused,
                    Self.key(target, Self.platform(row)) + [moment, time, answer, detail])
            }
            if answer == "postponed" || answer == "rate_limited" {
                try connection.run(
                    ImageCandidates.postpone, target.registry, target.repository, target.tag, time)
            }
            try Self.keep(allowance.ledger, of: target.registry, in: connection)
        }
        return Result(target: target, answer: answer, detail: detail)
    }

    private static func key(_ target: Target, _ platform: ImagePlatform) -> [any SQLBindable] {
        [
            target.registry, target.repository, target.tag, platform.os, platform.architecture, platform.variant,
        ]
    }

    private static func keep(_ ledger: RegistryLedger, of registry: String, in connection: any SQLConnection) throws {
        try connection.run(
            ImageCandidates.keepLedger, registry, ledger.blockedUntil, ledger.windowStartedAt, ledger.windowRequests,
            ledger.lastError)
    }
}
