import Contracts
import Testing

/// The contract's table of answers, row by row, and what is no answer of a hub's.
@Suite("delivery outcomes")
struct DeliveryOutcomeTests {
    private static let id = Identifier(milliseconds: 1_795_246_956_123, random: (1, 2))
    private static let problemType = "application/problem+json"

    private func outcome(
        _ status: Int, _ contentType: String?, _ body: String, retryAfter: Int? = nil
    ) -> DeliveryOutcome {
        DeliveryOutcome(
            status: status, contentType: contentType, body: Array(body.utf8), retryAfterSeconds: retryAfter,
            expected: Self.id)
    }

    private func problem(_ status: Int, _ code: String) -> String {
        #"{"type":"about:blank","title":"t","status":\#(status),"code":"\#(code)"}"#
    }

    private func answer(_ result: String, id: Identifier = id) -> String {
        #"{"snapshot_id":"\#(id)","result":"\#(result)","highest_sequence":9,"requests":["full:apt"]}"#
    }

    // MARK: - Successes

    @Test(
        "archived: delete it",
        arguments: [
            (201, "derived"), (200, "duplicate"), (200, "unchanged"), (200, "stale"), (202, "held"),
            (200, "of_a_later_hub"),
        ])
    func accepted(_ status: Int, _ result: String) {
        let expected = SnapshotAnswer(snapshotID: Self.id, result: result, highestSequence: 9, requests: ["full:apt"])
        for type in ["application/json", "application/json; charset=utf-8", "Application/JSON ;charset=utf-8"] {
            #expect(outcome(status, type, answer(result)) == .accepted(expected))
        }
    }

    @Test("a success that is not a hub's: keep and back off")
    func falseSuccess() throws {
        let other = Identifier(milliseconds: 0, random: (3, 4))
        for (type, body) in [
            ("text/html", "<html>log in</html>"), ("text/html", answer("derived")), (nil, answer("derived")),
            ("application/json", "{}"), ("application/json", ""), ("application/json", "<html>"),
            ("application/json", answer("derived", id: other)), ("application/json", answer("derived") + "x"),
            ("application/json", #"{"snapshot_id":null,"result":"derived","highest_sequence":9,"requests":[]}"#),
            ("application/jsonp", answer("derived")),
        ] as [(String?, String)] {
            for status in [200, 201, 202] {
                let found = outcome(status, type, body, retryAfter: 3)
                #expect(found == .retry(reason: "the answer is not a hub's", afterSeconds: 3), "\(status) \(body)")
            }
        }
    }

    @Test(
        "a success of another number, or a redirect, even with a hub's body: keep and back off",
        arguments: [100, 203, 204, 206, 299, 301, 302, 303, 304, 307, 308])
    func otherSuccess(_ status: Int) {
        #expect(
            outcome(status, "application/json", answer("derived"))
                == .retry(reason: "HTTP \(status)", afterSeconds: nil))
    }

    // MARK: - Refusals

    @Test(
        "refused for good: into rejected/",
        arguments: [
            (400, "not_gzip"), (400, "not_strict_json"), (400, "inflates_too_large"), (400, "bad_request"),
            (413, "too_large"), (415, "unsupported_media_type"), (422, "schema_violation"),
            (422, "unsupported_version"),
            (422, "snapshot_id_reused"), (422, "of_a_later_hub"),
        ])
    func rejected(_ status: Int, _ code: String) {
        #expect(outcome(status, Self.problemType, problem(status, code)) == .rejected(code: code))
    }

    @Test("damaged on the way: again")
    func damaged() {
        #expect(outcome(400, Self.problemType, problem(400, "digest_mismatch")) == .damaged)
        #expect(outcome(422, Self.problemType, problem(422, "digest_mismatch")) == .rejected(code: "digest_mismatch"))
    }

    @Test(
        "the token is not accepted: keep, slow down, say so",
        arguments: [(401, "unauthorized"), (401, "reenroll_required"), (403, "machine_mismatch"), (403, "forbidden")])
    func unauthorized(_ status: Int, _ code: String) {
        #expect(outcome(status, Self.problemType, problem(status, code)) == .unauthorized(code: code))
    }

    @Test("the hub lacks what same_as names: the full payload now; another conflict is not that")
    func resendFull() {
        #expect(outcome(409, Self.problemType, problem(409, "resend_full")) == .resendFull)
        #expect(
            outcome(409, Self.problemType, problem(409, "conflict"))
                == .retry(reason: "conflict", afterSeconds: nil))
        #expect(outcome(409, "text/html", "resend_full") == .retry(reason: "HTTP 409", afterSeconds: nil))
    }

    @Test(
        "slow down, busy, stopping, full: keep, and not before Retry-After",
        arguments: [
            (429, "rate_limited"), (503, "busy"), (503, "stopping"), (507, "storage_full"), (500, "internal_error"),
        ])
    func retry(_ status: Int, _ code: String) {
        let body = problem(status, code)
        #expect(outcome(status, Self.problemType, body, retryAfter: 17) == .retry(reason: code, afterSeconds: 17))
        #expect(outcome(status, Self.problemType, body) == .retry(reason: code, afterSeconds: nil))
    }

    @Test("an error page of something in between never costs a snapshot", arguments: [400, 401, 403, 413, 415, 422])
    func proxyPages(_ status: Int) {
        let expected = DeliveryOutcome.retry(
            reason: "HTTP \(status) from something that is not a hub", afterSeconds: 5)
        #expect(outcome(status, "text/html", "<html>no</html>", retryAfter: 5) == expected)
        #expect(outcome(status, nil, "", retryAfter: 5) == expected)
        #expect(outcome(status, "application/json", problem(status, "not_gzip"), retryAfter: 5) == expected)
        #expect(outcome(status, Self.problemType, "{\"code\":\"not_gzip\"", retryAfter: 5) == expected)
        #expect(outcome(status, Self.problemType, "{}", retryAfter: 5) == expected)
    }

    @Test(
        "any other status: keep and back off",
        arguments: [0, 402, 404, 405, 406, 408, 411, 418, 421, 425, 502, 504, 599])
    func others(_ status: Int) {
        #expect(outcome(status, "text/html", "") == .retry(reason: "HTTP \(status)", afterSeconds: nil))
    }

    @Test("codes are unique, and in snake case")
    func codes() {
        #expect(Set(ProblemCode.allCases.map(\.rawValue)).count == ProblemCode.allCases.count)
        for code in ProblemCode.allCases {
            #expect(code.rawValue.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F })
        }
    }
}
