import Contracts

/// One request that will be posted.
struct Post: Sendable {
    var path: String
    var token: String?
    var contentType = "application/json"
    var contentEncoding: String?
    var body: [UInt8]
    var snapshotID: Identifier?
}

/// What became of one request.
struct Result: Sendable {
    var index: Int
    /// 0 where the connection was lost before an answer.
    var status: Int
    /// From the moment it was due (not from when a slow hub let it be sent), in nanoseconds.
    var latency: Int64
    var body: [UInt8]

    var isAccepted: Bool { (200..<300).contains(status) }
}
