import Contracts
import Logging

/// Asks registries about the tags that machines have, each tag once for the whole fleet, and keeps the answers.
struct ImageChecker: Sendable {
    /// A tag in a registry.
    struct Target: Hashable, Sendable, CustomStringConvertible {
        var registry: String
        var repository: String
        var tag: String

        var description: String { ImageReference("\(registry)/\(repository):\(tag)")?.familiar ?? repository }
    }

    /// What came of asking.
    struct Result: Sendable {
        var target: Target
        /// As `image_candidates.answer` has it; `postponed` where nobody could be asked now.
        var answer: String
        var detail: String?
    }

    let store: SQLiteStore
    let settings: HubConfiguration.Registries
    let client: RegistryClient
    let now: @Sendable () -> Timestamp
    /// Jitter, in milliseconds.
    let random: @Sendable (ClosedRange<Int64>) -> Int64
    let logger: Logger

    /// How long after its first appearance a tag is asked about, milliseconds.
    private static let firstAsk: ClosedRange<Int64> = 60_000...600_000
    /// A registry that could not be reached is tried again after about an hour.
    static let retry: Int64 = 3_600_000
    /// After a registry's pause its tags do not come all at once, milliseconds.
    static let spread: ClosedRange<Int64> = 0...60_000
    /// Tags that no machine has are forgotten after a week.
    private static let keep: Int64 = 7 * 86_400_000

    // MARK: - What to ask

    /// Brings the candidates up to date with what machines have, and with the list of allowed registries.
    func synchronize() async throws {
        let moment = now()
        let allowed = Set(settings.allowed)
        try await store.write { connection in
            for row in try connection.rows(ImageCandidates.missing) {
                try connection.run(
                    ImageCandidates.insert, row.values + [(moment.milliseconds + random(Self.firstAsk)).sqlValue])
            }
            for registry in try connection.rows(ImageCandidates.registries).compactMap({ $0[0].text }) {
                if allowed.contains(registry) {
                    try connection.run(
                        ImageCandidates.allow, registry, moment.milliseconds + random(Self.firstAsk))
                } else {
                    try connection.run(ImageCandidates.forbid, registry, moment)
                }
            }
            try connection.run(ImageCandidates.hasten, moment)
            try connection.run(ImageCandidates.forget, moment.milliseconds - Self.keep)
        }
    }

    func due(limit: Int) async throws -> [Target] {
        let moment = now()
        return try await store.read { try $0.rows(ImageCandidates.due, moment, limit).compactMap(Self.target) }
    }

    /// Every tag that machines have and a registry may be asked about.
    func everything() async throws -> [Target] {
        let allowed = Set(settings.allowed)
        return try await store.read { try $0.rows(ImageCandidates.everything).compactMap(Self.target) }
            .filter { allowed.contains($0.registry) }
    }

    private static func target(_ row: SQLRow) -> Target? {
        guard let registry = row.text("registry"), let repository = row.text("repository"), let tag = row.text("tag")
        else { return nil }
        return Target(registry: registry, repository: repository, tag: tag)
    }

    // MARK: - Asking

    /// Asks about one tag after the other. A registry that cannot be reached answers for all of its tags at once.
    @discardableResult
    func check(_ targets: [Target], progress: @Sendable (Target) -> Void = { _ in }) async throws -> [Result] {
        var results: [Result] = []
        var unreachable: [String: String] = [:]
        for target in targets {
            if Task.isCancelled { break }
            progress(target)
            if let reason = unreachable[target.registry] {
                results.append(
                    try await keep(.unreachable(reason, isWholeRegistry: true), of: target, allowance(of: target)))
                continue
            }
            let result = try await check(target)
            if case .failure(.unreachable(let reason, true)) = result.outcome {
                unreachable[target.registry] = reason
            }
            results.append(result.kept)
        }
        return results
    }

    private func check(
        _ target: Target
    ) async throws -> (outcome: Outcome, kept: Result) {
        let allowance = try await allowance(of: target)
        let platforms = try await platforms(of: target)
        let outcome = await ask(target, platforms, allowance)
        switch outcome {
        case .success(let found): return (outcome, try await keep(found, of: target, allowance))
        case .failure(let refusal): return (outcome, try await keep(refusal, of: target, allowance))
        }
    }

    typealias Outcome = Swift.Result<[Found], RegistryClient.Refusal>

    /// A platform that machines have a tag for, what is known of it, and what they have.
    struct Platform: Sendable {
        var platform: ImagePlatform
        var answer: String
        var indexDigest: Digest?
        var manifestDigest: Digest?
        var imageID: String?
        /// The digests of each image that machines have under the tag, as JSON text.
        var held: [String]

        func isHeldEverywhere(_ digest: Digest) -> Bool { held.allSatisfy { $0.contains(digest.text) } }
    }

    /// What a registry has for a platform.
    struct Found: Sendable {
        var platform: ImagePlatform
        var indexDigest: Digest
        /// Nil where every machine has the index, so that there was nothing more to ask.
        var manifestDigest: Digest?
        var imageID: String?
        /// The tag has no image for the platform (any more).
        var isMissing = false
    }

    /// One HEAD where nothing has changed; else the index, and the manifests of the platforms in question.
    private func ask(_ target: Target, _ platforms: [Platform], _ allowance: RegistryAllowance) async -> Outcome {
        var session = RegistryClient.Session(
            registry: target.registry, repository: target.repository, allowance: allowance)
        do throws(RegistryClient.Refusal) {
            let digest = try await client.digest(of: target.tag, &session)
            var content: RegistryManifest?
            var configurations: [Digest: Digest?] = [:]
            var found: [Found] = []
            for platform in platforms {
                var answer = Found(platform: platform.platform, indexDigest: digest)
                if platform.indexDigest == digest, let manifest = platform.manifestDigest {
                    (answer.manifestDigest, answer.imageID) = (manifest, platform.imageID)
                } else if !platform.isHeldEverywhere(digest) {
                    if content == nil { content = try await client.content(of: digest.text, &session).manifest }
                    switch content {
                    case .image(let configuration):
                        (answer.manifestDigest, answer.imageID) = (digest, configuration?.text)
                    case .index(let entries):
                        if let entry = RegistryManifest.entry(for: platform.platform, in: entries) {
                            answer.manifestDigest = entry.digest
                            if !platform.isHeldEverywhere(entry.digest) {
                                if configurations[entry.digest] == nil {
                                    configurations[entry.digest] = try await configuration(of: entry.digest, &session)
                                }
                                answer.imageID = configurations[entry.digest]??.text
                            }
                        } else {
                            answer.isMissing = true
                        }
                    case nil: break
                    }
                }
                found.append(answer)
            }
            return .success(found)
        } catch {
            return .failure(error)
        }
    }

    /// What engines call the image's id.
    private func configuration(
        of manifest: Digest, _ session: inout RegistryClient.Session
    ) async throws(RegistryClient.Refusal) -> Digest? {
        guard case .image(let configuration) = try await client.content(of: manifest.text, &session).manifest else {
            return nil
        }
        return configuration
    }
}
