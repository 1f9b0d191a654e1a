import Contracts
import Testing

@Suite("hexadecimal and base64")
struct EncodingTests {
    @Test("hexadecimal, both ways")
    func hexadecimal() {
        let all = Array(UInt8.min...UInt8.max)
        #expect(Hexadecimal.decode(Hexadecimal.encode(all)) == all)
        #expect(Hexadecimal.encode([0x00, 0x0f, 0xa0, 0xff] as [UInt8]) == "000fa0ff")
        #expect(Hexadecimal.decode("00FFfF") == [0, 255, 255])
        #expect(Hexadecimal.decode("") == [])
        for wrong in ["0", "0g", "0x", " 00", "00 ", "é"] { #expect(Hexadecimal.decode(wrong) == nil, "\(wrong)") }
    }

    @Test(
        "the test vectors of RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(_ text: String, _ encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encode(Array(text.utf8), .url) == bare)
        #expect(Base64.decode(bare) == Array(text.utf8))
    }

    @Test("every length and every byte come back, in both alphabets")
    func roundTrip() {
        let all = Array(UInt8.min...UInt8.max) + [0xFB, 0xEF, 0xBE, 0xFF]
        for count in 0...all.count {
            let bytes = Array(all.suffix(count))
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, .url)) == bytes)
        }
        #expect(Base64.encode([0xFB, 0xFF] as [UInt8]) == "+/8=")
        #expect(Base64.encode([0xFB, 0xFF] as [UInt8], .url) == "-_8")
    }

    @Test("white space of PEM is passed over, all else refused")
    func strictness() {
        #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8))
        for wrong in [
            "Z", "Zm9vY", "=", "====", "Zg=", "Zg===", "Zg==Zg==", "Z===", "Zm9v=", "Zm8=a", "Zm9v!", "Zm.v", "Zmé=",
        ] {
            #expect(Base64.decode(wrong) == nil, "\(wrong)")
        }
    }
}

@Suite("canonical JSON")
struct CanonicalJSONTests {
    @Test("sorted, without white space, slashes as they are; equal values give equal bytes")
    func bytes() throws {
        var first = DockerV1.Container(id: "1", name: "a/b", state: "running")
        first.labels = ["z": "1", "a": "2", "m": "3"]
        let text = String(decoding: try CanonicalJSON.encode(first), as: UTF8.self)
        #expect(text == #"{"id":"1","labels":{"a":"2","m":"3","z":"1"},"name":"a/b","state":"running"}"#)
        for _ in 0..<20 {
            var again = DockerV1.Container(id: "1", name: "a/b", state: "running")
            again.labels = Dictionary(uniqueKeysWithValues: [("m", "3"), ("a", "2"), ("z", "1")].shuffled())
            #expect(String(decoding: try CanonicalJSON.encode(again), as: UTF8.self) == text)
        }
    }

    @Test("pretty text ends with a newline and means the same")
    func pretty() throws {
        let lists = APTV1.Lists(updatedAt: Timestamp(milliseconds: 0), evidence: "hook")
        let text = try CanonicalJSON.pretty(lists)
        #expect(text.hasSuffix("}\n"))
        #expect(try StrictJSON.read(Array(text.utf8)).root == StrictJSON.read(CanonicalJSON.encode(lists)).root)
    }
}
