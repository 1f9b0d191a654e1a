import Contracts
import Testing
import Transport

struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_795_247_056, "Sat, 21 Nov 2026 07:44:16 GMT"),
            (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
        ] as [(Int64, String)])
    func formatsAndParses(seconds: Int64, text: String) {
        #expect(HTTPDate.format(Timestamp(seconds: seconds)) == text)
        #expect(HTTPDate.parse(text) == Timestamp(seconds: seconds))
    }

    @Test(arguments: [
        "", "tomorrow", "Sat, 31 Feb 2026 07:44:16 GMT", "Sat, 21 Nov 2026 25:44:16 GMT", "Sat, 21 Nov 2026 07:44:16",
    ])
    func refuses(text: String) { #expect(HTTPDate.parse(text) == nil) }

    @Test func retryAfter() {
        let now = Timestamp(seconds: 1_795_247_056)
        func seconds(_ value: String) -> Int? {
            HTTPResponse(status: 503, headers: [HTTPField(name: "retry-AFTER", value: value)])
                .retryAfterSeconds(now: now)
        }
        #expect(seconds("17") == 17)
        #expect(seconds("-5") == 0)
        #expect(seconds("Sat, 21 Nov 2026 07:44:26 GMT") == 10)
        #expect(seconds("Sat, 21 Nov 2026 07:44:06 GMT") == 0)
        #expect(seconds("soon") == nil)
        #expect(HTTPResponse(status: 503).retryAfterSeconds(now: now) == nil)
    }
}
