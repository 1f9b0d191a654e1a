/// What an answer to `POST /v1/snapshots` means for the snapshot: the contract's table, once, for both sides.
package enum DeliveryOutcome: Equatable, Sendable {
    /// It is in the archive: delete it.
    case accepted(SnapshotAnswer)
    /// It will never be accepted: put it into `rejected/` and log it once.
    case rejected(code: String)
    /// It was damaged on the way: send it again at once, a few times.
    case damaged
    /// The token is not accepted: keep, slow down, say so in the status.
    case unauthorized(code: String)
    /// The hub does not have what `same_as` names: send the whole payload now.
    case resendFull
    /// Keep and back off with full jitter, not before the given seconds.
    case retry(reason: String, afterSeconds: Int?)

    /// Reads an answer. A success that is not this contract's (a captive portal's page, a redirect) means retry.
    ///
    /// - Parameters:
    ///   - expected: the id that was sent; an answer that echoes another is not an answer to it.
    package init(
        status: Int, contentType: String?, body: [UInt8], retryAfterSeconds: Int?, expected: Identifier
    ) {
        let mediaType = contentType?.prefix { $0 != ";" && !$0.isWhitespace }.lowercased() ?? ""
        func decode<T: Decodable>(_ type: T.Type) -> T? {
            guard let document = try? StrictJSON.read(body) else { return nil }
            return try? JSONTreeDecoder.decode(T.self, from: document.root)
        }
        let code = mediaType == "application/problem+json" ? decode(ProblemDocument.self)?.code : nil
        switch status {
        case 200, 201, 202:
            guard mediaType == "application/json", let answer = decode(SnapshotAnswer.self),
                answer.snapshotID == expected
            else {
                self = .retry(reason: "the answer is not a hub's", afterSeconds: retryAfterSeconds)
                return
            }
            self = .accepted(answer)
        case 400 where code == ProblemCode.digestMismatch.rawValue: self = .damaged
        case 401, 403:
            // A proxy's 403 page is no word of the hub's.
            guard let code else {
                self = .retry(
                    reason: "HTTP \(status) from something that is not a hub", afterSeconds: retryAfterSeconds)
                return
            }
            self = .unauthorized(code: code)
        case 409 where code == ProblemCode.resendFull.rawValue: self = .resendFull
        case 400, 413, 415, 422:
            guard let code else {
                self = .retry(
                    reason: "HTTP \(status) from something that is not a hub", afterSeconds: retryAfterSeconds)
                return
            }
            self = .rejected(code: code)
        default: self = .retry(reason: code ?? "HTTP \(status)", afterSeconds: retryAfterSeconds)
        }
    }
}
