// The short way into an envelope, see `CanonicalReader`.

extension EnvelopeHead {
    /// The head of a document that carries its payload, and where the payload's value stands; nil for any document that
    /// the short way does not take.
    package static func canonical(_ document: UnsafeRawBufferPointer) -> (head: EnvelopeHead, payload: Range<Int>)? {
        guard document.last == 0x7D else { return nil }
        var reader = CanonicalReader(document)
        guard let head = try? EnvelopeHead(members: &reader), reader.takesName("payload") else { return nil }
        return (head, reader.position..<(document.count - 1))
    }

    /// All members but `payload`, which ends the document; `volatile` may hold anything and is read the long way.
    private init(members reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let agent: AgentReport = try reader.member("agent")
        let bootID: String = try reader.member("boot_id")
        let collectedAt: Timestamp = try reader.member("collected_at")
        let collection: Collection = try reader.member("collection")
        let envelope: Int = try reader.member("envelope")
        let host: HostIdentity = try reader.member("host")
        let kind: String = try reader.member("kind")
        let machineID: Identifier = try reader.member("machine_id")
        let payloadDigest: Digest? = try reader.optional("payload_digest")
        let sameAs: Identifier? = try reader.optional("same_as")
        let schemaVersion: Int = try reader.member("schema_version")
        let sequence: Int = try reader.member("sequence")
        let snapshotID: Identifier = try reader.member("snapshot_id")
        self.init(
            envelope: envelope, kind: kind, schemaVersion: schemaVersion, snapshotID: snapshotID, machineID: machineID,
            sequence: sequence, bootID: bootID, collectedAt: collectedAt, host: host, agent: agent,
            collection: collection)
        self.payloadDigest = payloadDigest
        self.sameAs = sameAs
    }
}

extension HostIdentity: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        self.init(hostname: try reader.member("hostname"))
        machineIDHint = try reader.optional("machine_id_hint")
        productUUIDHint = try reader.optional("product_uuid_hint")
        try reader.finish()
    }
}

extension AgentReport: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let cpuSecondsTotal: Double? = try reader.optional("cpu_seconds_total")
        let rssBytes: Int? = try reader.optional("rss_bytes")
        let spool: SpoolReport? = try reader.optional("spool")
        self.init(version: try reader.member("version"))
        self.cpuSecondsTotal = cpuSecondsTotal
        self.rssBytes = rssBytes
        self.spool = spool
        try reader.finish()
    }
}

extension SpoolReport: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let bytes: Int = try reader.member("bytes")
        let droppedTotal: Int = try reader.member("dropped_total")
        self.init(files: try reader.member("files"), bytes: bytes, droppedTotal: droppedTotal)
        try reader.finish()
    }
}

extension Collection: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let durationMs: Int? = try reader.optional("duration_ms")
        let nextDueSeconds: Int? = try reader.optional("next_due_seconds")
        let problems: [Problem]? = try reader.optional("problems")
        self.init(status: try reader.member("status"))
        self.durationMs = durationMs
        self.nextDueSeconds = nextDueSeconds
        self.problems = problems
        unknown = try reader.optional("unknown")
        try reader.finish()
    }
}

extension Problem: CanonicalReadable {
    package init(from reader: inout CanonicalReader) throws(CanonicalReader.Miss) {
        try reader.begin()
        let code: String = try reader.member("code")
        let message: String = try reader.member("message")
        let severity: String = try reader.member("severity")
        self.init(code: code, severity: severity, source: try reader.member("source"), message: message)
        try reader.finish()
    }
}
