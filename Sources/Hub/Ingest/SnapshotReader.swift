import Contracts
import Inflate
import Transport

/// A snapshot as it was sent, read and validated.
struct ReadSnapshot: Sendable {
    enum Content: Sendable {
        case payload(any SnapshotPayload)
        case sameAs(Identifier)
        /// The agent could not collect.
        case failed
        /// Of a kind or a version that this hub does not know yet, with a payload or with `same_as`.
        case held
    }

    let head: EnvelopeHead
    let content: Content
    let inflated: [UInt8]
}

/// From the bytes of a request, or of the archive, to a snapshot: inflate, one strict pass, head, version, digest,
/// payload. Pure, so that ingest and rederive cannot differ.
struct SnapshotReader {
    /// - Parameters:
    ///   - schemas: the versions that are read; tests put their own in.
    ///   - isArchived: it was taken before: older versions than ingest takes are read, too.
    static func read(
        compressed: [UInt8], inflateLimit: Int, schemas: SchemaVersions = .current, isArchived: Bool = false
    ) throws(IngestRejection) -> ReadSnapshot {
        let inflated: [UInt8]
        do { inflated = try BodyInflater.inflate(compressed, limit: inflateLimit) } catch {
            switch error {
            case .notGzip, .truncated: throw IngestRejection(.notGzip, error.description)
            case .tooLarge: throw IngestRejection(.inflatesTooLarge, error.description)
            }
        }
        return try read(inflated: inflated, schemas: schemas, isArchived: isArchived)
    }

    /// The short way alone; nil for what it does not take, which may be good or not.
    static func readCanonical(
        compressed: [UInt8], inflateLimit: Int, schemas: SchemaVersions = .current
    ) -> ReadSnapshot? {
        guard let inflated = try? BodyInflater.inflate(compressed, limit: inflateLimit) else { return nil }
        return canonical(inflated, schemas, isArchived: false)
    }

    static func read(
        inflated: [UInt8], schemas: SchemaVersions = .current, isArchived: Bool = false
    ) throws(IngestRejection) -> ReadSnapshot {
        if let read = canonical(inflated, schemas, isArchived: isArchived) { return read }
        let document: StrictJSON.Document
        do { document = try StrictJSON.read(inflated, watching: "payload") } catch {
            throw IngestRejection(.notStrictJSON, error.description)
        }
        let head: EnvelopeHead
        do { head = try JSONTreeDecoder.decode(EnvelopeHead.self, from: document.root) } catch {
            throw .violations(error.violations)
        }
        guard head.envelope == 1 else {
            throw IngestRejection(.unsupportedVersion, "envelope \(head.envelope) is not one that this hub reads; 1 is")
        }
        let broken = head.ruleViolations(
            hasPayload: document.root["payload"] != nil, payloadIsLast: document.watched?.isLast ?? false)
        guard broken.isEmpty else { throw .violations(broken) }
        if let range = document.watched?.range {
            // The digest is of the bytes as they stand: nobody has to agree on a canonical form.
            guard Digest(sha256: SHA256.digest(inflated[range])) == head.payloadDigest else {
                throw IngestRejection(
                    .digestMismatch, "payload_digest is not that of the payload's bytes; it was damaged on its way")
            }
        }
        return ReadSnapshot(
            head: head, content: try content(head, document.root["payload"], schemas, isArchived: isArchived),
            inflated: inflated)
    }

    /// A good snapshot that carries its payload, as our own agents write it: most of what comes. Nil for any other, which
    /// is then read the long way, and refused there if need be.
    private static func canonical(
        _ inflated: [UInt8], _ schemas: SchemaVersions, isArchived: Bool
    ) -> ReadSnapshot? {
        inflated.withUnsafeBytes { bytes in
            guard let (head, range) = EnvelopeHead.canonical(bytes), head.envelope == 1,
                let kind = Kind(rawValue: head.kind),
                case .read(let version) = schemas.reading(kind, head.schemaVersion, isArchived: isArchived),
                let readCanonical = version.readCanonical,
                head.ruleViolations(hasPayload: true, payloadIsLast: true).isEmpty,
                let payload = readCanonical(UnsafeRawBufferPointer(rebasing: bytes[range])),
                Digest(sha256: SHA256.digest(inflated[range])) == head.payloadDigest
            else { return nil }
            return ReadSnapshot(head: head, content: .payload(payload), inflated: inflated)
        }
    }

    private static func content(
        _ head: EnvelopeHead, _ payload: JSONValue?, _ schemas: SchemaVersions, isArchived: Bool
    ) throws(IngestRejection) -> ReadSnapshot.Content {
        guard let kind = Kind(rawValue: head.kind) else { return .held }
        let version: SchemaVersions.Version
        switch schemas.reading(kind, head.schemaVersion, isArchived: isArchived) {
        case .read(let found): version = found
        case .newer: return .held
        case .older:
            throw IngestRejection(
                .unsupportedVersion,
                "\(head.kind) \(head.schemaVersion) is no longer taken; upgrade vigie-agent on this machine")
        }
        if head.collection.status == "failed" { return .failed }
        if let sameAs = head.sameAs {
            guard kind.isInventory else {
                throw .violations([Violation(pointer: "/same_as", message: "metrics are always sent whole")])
            }
            return .sameAs(sameAs)
        }
        guard let payload else { throw .violations([Violation(pointer: "/payload", message: "is required")]) }
        do { return .payload(try version.read(payload)) } catch { throw .violations(error.violations) }
    }
}
