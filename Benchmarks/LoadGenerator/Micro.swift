import ArgumentParser
import Contracts
import Inflate
import Transport

/// Does one small part of a snapshot's way some times, so that its instructions can be counted from outside.
struct Micro: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Do one hot part again and again, to be counted.",
        discussion: "Used by 'make bench-micro', which counts its instructions with callgrind.")

    enum Part: String, CaseIterable, ExpressibleByArgument {
        /// Nothing: what the program itself costs.
        case nothing
        case compress, inflate
        case digest
        /// The strict reader over a whole envelope.
        case readJSON = "read-json"
        case decodeHead = "decode-head"
        /// The typed payload, with every rule of its schema.
        case decodePayload = "decode-payload"
        case encodePayload = "encode-payload"
        case parseIdentifier = "parse-identifier"
        case parseTimestamp = "parse-timestamp"
        case writeTimestamp = "write-timestamp"
    }

    @Argument(help: "\(Part.allCases.map(\.rawValue).joined(separator: ", ")).") var part: Part
    @Option(help: "How often.") var times = 100

    func run() throws {
        let fleet = Fleet(
            machines: [.init(token: "", id: Identifier.make(at: Timestamp(seconds: 1_790_000_000)), bootID: "boot")])
        let moment = Timestamp(milliseconds: 1_790_000_000_123)
        let metrics = MetricsV1.sample(seed: 1)
        let payload = try CanonicalJSON.encode(metrics)
        let body = try fleet.snapshot(of: 0, sequence: 1, seed: 1, collectedAt: moment, madeAt: moment).body
        let envelope = try Gzip.inflate(body, limit: 1 << 20)
        let root = try StrictJSON.read(envelope, watching: "payload").root
        guard let tree = root["payload"] else { throw LoadFailure("the sample has no payload") }
        let identifier = fleet.machines[0].id.text
        let time = moment.description

        for _ in 0..<times {
            switch part {
            case .nothing: keep(0)
            case .compress: keep(try Gzip.compress(envelope, level: 6))
            case .inflate: keep(try BodyInflater.inflate(body, limit: 1 << 20))
            case .digest: keep(Digest(sha256: SHA256.digest(payload)))
            case .readJSON: keep(try StrictJSON.read(envelope, watching: "payload"))
            case .decodeHead: keep(try JSONTreeDecoder.decode(EnvelopeHead.self, from: root))
            case .decodePayload: keep(try JSONTreeDecoder.decode(MetricsV1.self, from: tree, at: "/payload"))
            case .encodePayload: keep(try CanonicalJSON.encode(metrics))
            case .parseIdentifier: keep(Identifier(identifier))
            case .parseTimestamp: keep(Timestamp(time))
            case .writeTimestamp: keep(moment.description)
            }
        }
    }

    /// Takes a value where the optimiser cannot see that nobody wants it.
    @inline(never) @_optimize(none)
    private func keep<Value>(_ value: Value) {}
}
