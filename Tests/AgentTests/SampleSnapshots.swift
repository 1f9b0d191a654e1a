import Contracts
import Logging

@testable import Agent

/// Envelope heads for tests of what happens to snapshots on their way.
enum SampleHead {
    static let machineID = Identifier(milliseconds: 1, random: (1, 1))
    static let start = Timestamp(seconds: 1_795_247_056)

    /// Equal arguments give equal heads, their id included; `digest` is one hexadecimal digit, nil a failed collecting.
    static func make(
        _ kind: Kind, sequence: Int, digest: String? = "a", at: Timestamp = start
    ) -> EnvelopeHead {
        var head = EnvelopeHead(
            envelope: 1, kind: kind.rawValue, schemaVersion: 1,
            snapshotID: Identifier(milliseconds: at.milliseconds, random: (0, UInt64(sequence) << 2)),
            machineID: machineID, sequence: sequence, bootID: "boot", collectedAt: at,
            host: HostIdentity(hostname: "web-01"), agent: AgentReport(version: "0.1.0"),
            collection: Collection(status: digest == nil ? "failed" : "ok"))
        head.payloadDigest = digest.flatMap { Digest("sha256:" + String(repeating: $0, count: 64)) }
        return head
    }

    /// A sealed snapshot whose payload is a text of about that many bytes that does not compress well.
    static func sealed(
        _ kind: Kind, sequence: Int, bytes: Int = 100, at: Timestamp = start, text: String? = nil
    ) throws -> SealedSnapshot {
        var state = UInt64(sequence) &* 0x9E37_79B9_7F4A_7C15 | 1
        var noise: [UInt8] = []
        for _ in 0..<bytes {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            noise.append(UInt8(state & 0xFF))
        }
        let payload = "{\"text\":\"\(text ?? Base64.encode(noise))\"}"
        return try SealedSnapshot(head: make(kind, sequence: sequence, at: at), payload: Array(payload.utf8))
    }
}

extension Logger {
    /// Tests assert on state, not on lines.
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
