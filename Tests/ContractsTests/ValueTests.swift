import Contracts
import Testing

@Suite("timestamps")
struct TimestampTests {
    @Test(
        "text and milliseconds, both ways",
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2026-11-21T07:42:36.123Z", 1_795_246_956_123),
            ("2000-02-29T12:00:00.000Z", 951_825_600_000), ("1900-03-01T00:00:00.000Z", -2_203_891_200_000),
            ("2100-02-28T23:59:59.999Z", 4_107_542_399_999), ("0001-01-01T00:00:00.000Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func bothWays(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test(
        "other spellings of a moment that are read",
        arguments: [
            ("2026-11-21T07:42:36Z", "2026-11-21T07:42:36.000Z"),
            ("2026-11-21T07:42:36.1Z", "2026-11-21T07:42:36.100Z"),
            ("2026-11-21T07:42:36.12Z", "2026-11-21T07:42:36.120Z"),
            ("2026-11-21T07:42:36.1239Z", "2026-11-21T07:42:36.123Z"),
            ("2026-11-21T07:42:36.999999999Z", "2026-11-21T07:42:36.999Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ])
    func spellings(_ text: String, _ written: String) {
        #expect(Timestamp(text)?.description == written)
    }

    @Test(
        "what is no moment of the wire",
        arguments: [
            "", "Z", "2026-11-21", "2026-11-21T07:42Z", "2026-11-21T07:42:36", "2026-11-21 07:42:36Z",
            "2026-11-21t07:42:36Z",
            "2026-11-21T07:42:36z", "2026-11-21T07:42:36+00:00", "2026-11-21T07:42:36.Z",
            "2026-11-21T07:42:36.1234567890Z",
            "2026-11-21T07:42:36,123Z", "2026-11-21T07:42:36.12aZ", "2026-11-21T24:00:00Z", "2026-11-21T07:60:00Z",
            "2026-11-21T07:42:61Z", "2026-00-21T07:42:36Z", "2026-13-21T07:42:36Z", "2026-11-00T07:42:36Z",
            "2026-11-31T07:42:36Z",
            "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "0000-01-01T00:00:00Z",
            "-001-01-01T00:00:00Z",
            "12026-11-21T07:42:36Z", "2026-11-21T07:42:36.123ZZ", " 2026-11-21T07:42:36Z", "2026-11-21T07:42:36Z\n",
            "２０２６-11-21T07:42:36Z", "2026/11/21T07:42:36Z", "+026-11-21T07:42:36Z",
        ])
    func rejects(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("every day of eight hundred years is the day after the one before")
    func calendar() {
        var expected = (year: 1600, month: 1, day: 1)
        let first = CivilDate.toDays(year: 1600, month: 1, day: 1)
        for offset in 0..<292_194 {
            let days = first + Int64(offset)
            let found = CivilDate.fromDays(days)
            #expect(found == expected)
            guard found == expected else { return }
            #expect(CivilDate.toDays(year: found.year, month: found.month, day: found.day) == days)
            expected.day += 1
            if expected.day > CivilDate.daysIn(month: expected.month, year: expected.year) {
                expected =
                    expected.month == 12
                    ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
        #expect(expected == (2400, 1, 1))
    }

    @Test("leap years", arguments: [(1900, 28), (2000, 29), (2023, 28), (2024, 29), (2100, 28), (2400, 29)])
    func leapYears(_ year: Int, _ days: Int) {
        #expect(CivilDate.daysIn(month: 2, year: year) == days)
    }

    @Test("moments beyond four digits of year are written as the nearest that has them")
    func beyond() {
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0001-01-01T00:00:00.000Z")
        #expect(Timestamp(seconds: .max).milliseconds == .max)
        #expect(Timestamp(seconds: .min).milliseconds == .min)
        #expect(Timestamp(seconds: 2).milliseconds == 2000)
    }

    @Test("order is that of time")
    func order() throws {
        let earlier = try #require(Timestamp("2026-11-21T07:42:36.123Z"))
        #expect(earlier < earlier.adding(milliseconds: 1))
        #expect(earlier.adding(milliseconds: -3_600_000).description == "2026-11-21T06:42:36.123Z")
    }
}

@Suite("identifiers and digests")
struct IdentifierTests {
    @Test(
        "a UUIDv7 carries its moment, version and variant", arguments: [0, 1, 1_795_246_956_123, 281_474_976_710_655])
    func version7(_ milliseconds: Int64) throws {
        for random: (UInt64, UInt64) in [(0, 0), (.max, .max), (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)] {
            let made = Identifier(milliseconds: milliseconds, random: random)
            #expect(Identifier(made.text) == made)
            let characters = Array(made.text)
            #expect(characters[14] == "7")
            #expect("89ab".contains(characters[19]))
            #expect(made.timestamp?.milliseconds == milliseconds)
        }
    }

    @Test("those of later moments sort later, and two of one moment differ")
    func order() throws {
        let moment = try #require(Timestamp("2026-11-21T07:42:36.123Z"))
        let first = Identifier.make(at: moment)
        #expect(first.text < Identifier.make(at: moment.adding(milliseconds: 1)).text)
        #expect(first != Identifier.make(at: moment))
        #expect(first.text.hasPrefix("01"))
    }

    @Test("known value")
    func known() {
        let made = Identifier(milliseconds: 0x017F_22E2_79B0, random: (0xCC3, 0x18C4_DC0C_0C07_398F << 2))
        // The example of RFC 9562, appendix A.6.
        #expect(made.text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(made.timestamp?.description == "2022-02-22T19:22:22.000Z")
    }

    @Test("a UUID of another version is an identifier without a moment")
    func otherVersions() {
        #expect(Identifier("6ba7b810-9dad-11d1-80b4-00c04fd430c8")?.timestamp == nil)
        #expect(Identifier("6ba7b810-9dad-11d1-80b4-00c04fd430c8") != nil)
    }

    @Test(
        "what is no identifier",
        arguments: [
            "", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
            "{017f22e2-79b0-7cc3-98c4-dc0c0c073}",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-7cc3-98c4-dc0c0c0739\u{e9}",
            " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        ])
    func rejects(_ text: String) {
        #expect(Identifier(text) == nil)
    }

    @Test("every byte at every place")
    func bytes() {
        let canonical = Array("01a21af4-2e5c-7259-901a-9582971ceb12".utf8)
        for place in canonical.indices {
            let allowed = canonical[place] == 0x2D ? Set("-".utf8) : Set("0123456789abcdef".utf8)
            for byte in UInt8.min...UInt8.max {
                var bytes = canonical
                bytes[place] = byte
                let isCanonical = bytes.withUnsafeBufferPointer { Identifier.isCanonical($0) }
                #expect(isCanonical == allowed.contains(byte), "byte \(byte) at \(place)")
            }
        }
    }

    @Test("digests: 64 lower-case digits after sha256: and nothing else")
    func digests() {
        let digits = String(repeating: "0123456789abcdef", count: 4)
        #expect(Digest("sha256:" + digits)?.text == "sha256:" + digits)
        #expect(Digest(sha256: Hexadecimal.decode(digits) ?? []) == Digest("sha256:" + digits))
        for wrong in [
            "", digits, "sha256:", "sha512:" + digits, "SHA256:" + digits, "sha256:" + digits.uppercased(),
            "sha256:" + digits + "0",
            "sha256:" + digits.dropLast(), "sha256:" + digits.dropLast() + "g", "sha256 " + digits,
            "sha256:" + digits.dropLast() + "\n",
        ] {
            #expect(Digest(wrong) == nil, "\(wrong)")
        }
    }
}

@Suite("percentages")
struct PercentTests {
    @Test("bounded, and rounded to two decimals")
    func clamping() {
        #expect(Percent(clamping: 12.345).value == 12.35)
        #expect(Percent(clamping: -3).value == 0)
        #expect(Percent(clamping: 100.4).value == 100)
        #expect(Percent(clamping: .nan).value == 0)
        #expect(Percent(clamping: .infinity).value == 100)
        #expect(Percent(1, of: 3)?.value == 33.33)
        #expect(Percent(0, of: 0) == nil)
        #expect(Percent(5, of: -1) == nil)
    }
}
