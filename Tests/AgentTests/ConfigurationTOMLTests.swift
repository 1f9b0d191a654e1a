import Foundation
import TestSupport
import Testing

@testable import Agent

/// The reader of TOML against Python's `tomllib`, document by document.
struct ConfigurationTOMLTests {
    static let documents: [String] = [
        "", "# only a comment", "a = 1", "a = 1\r\nb = 2\r\n", "a=1#x", "a = \"\"", "a = 'C:\\x'",
        "a = \"\\u00e9\\U0001F600\"",
        "a = \"\\t\\n\\\"\\\\\"", "a = \"\\x\"", "a = \"\\ud800\"", "a = \"open", "a = 'open", "a = \"two\nlines\"",
        "a = \"\"\"\ntwo\nlines\"\"\"", "a = \"\"\"x \\\n   y\"\"\"", "a = \"\"\"\"quoted\"\"\"\"", "a = '''it's'''",
        "a = '''\nx'''''", "a = \"\"\"open", "a = \"\"\"x\\  y\"\"\"", "a = \"\"\"a\rb\"\"\"", "a = \"tab\there\"",
        "a = \"\u{1}\"", "a = 0", "a = -0", "a = +7", "a = 007", "a = 1_000", "a = 1__0", "a = _1", "a = 1_",
        "a = 0xFF", "a = 0o17", "a = 0b101", "a = 0b2", "a = -0x1", "a = 0x", "a = 9223372036854775807", "a = 1.5",
        "a = 1.", "a = .5", "a = 1e3", "a = 1.5E-3", "a = 01.5", "a = inf", "a = -nan", "a = 1e", "a = 1_0.2_5",
        "a = true", "a = True", "a = yes", "a = 1979-05-27", "a = 1979-05-27T07:32:00Z", "a = 1979-05-27 07:32:00",
        "a = 07:32:00.5", "a = 1979-05-27T07:32", "a = 1979-05-27T07:32:00+01:00", "a =", "a", "= 1", "a = 1 b = 2",
        "a = [1, 2, 3]", "a = [\n 1, # one\n 2,\n]", "a = [1,, 2]", "a = [,]", "a = [1 2]", "a = [", "a = [[1], ['x']]",
        "a = []", "a = {}", "a = {b = 1, c = 'x'}", "a = {b = 1,}", "a = {b = 1\n}", "a = {b.c = 1, b.d = 2}",
        "a = {b = 1}\na.c = 2", "a = {b = 1}\n[a.c]", "[a]\nb = 1", "[a.b]\nc = 1\n[a]\nd = 2", "[a]\n[a]",
        "[a]\nb = 1\n[a.b]", "a = 1\n[a]", "a.b = 1\na.c = 2", "a.b = 1\n[a]", "[a]\nb.c = 1\n[a.b]",
        "[a]\nb.c = 1\n[a.d]", "[a.b]\n[a]\nb.c = 1", "a.b = 1\na.b.c = 2", "a = 1\na = 2", "\"a b\" = 1", "'' = 1",
        "\"a.b\" = 1", "a . b = 1", "[ a . \"b\" ]\nc = 1", "[a", "[a]]", "[]", "[a.]", "[a] x", "a-b_9 = 1", "é = 1",
        "a = 1\u{0}", "# \u{1}", "a = 1\rb = 2", "3 = 1", "3.4 = 1", "a = {b = [1,\n2]}", "a = [{b = 1}]",
        String(repeating: "a = [", count: 1) + String(repeating: "[", count: 20) + String(repeating: "]", count: 21),
    ]

    private static let script = """
        import json, sys, tomllib
        def plain(value):
            if isinstance(value, dict):
                return {name: plain(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [plain(inner) for inner in value]
            if isinstance(value, (bool, int, str)):
                return value
            return None
        answers = []
        for text in json.load(open(sys.argv[1])):
            try:
                answers.append({"value": plain(tomllib.loads(text))})
            except Exception:
                answers.append({})
        json.dump(answers, sys.stdout)
        """

    @Test func agreesWithPython() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            "documents.json", Array(try JSONSerialization.data(withJSONObject: Self.documents)))
        let output = try ChildProcess.run("python3", ["-c", Self.script, path])
        let answers = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
        try #require(answers.count == Self.documents.count)
        var accepted = 0
        for (text, answer) in zip(Self.documents, answers) {
            let ours = try? TOMLDocument(text)
            let theirs = answer["value"] as? NSDictionary
            #expect((ours == nil) == (theirs == nil), "\(text.debugDescription)")
            guard let ours, let theirs else { continue }
            accepted += 1
            #expect(Self.plain(.table(ours.root)) as? NSDictionary == theirs, "\(text.debugDescription)")
        }
        #expect(accepted > 50)
    }

    private static func plain(_ value: TOMLDocument.Value) -> Any {
        switch value {
        case .string(let text): NSString(string: text)
        case .integer(let number): NSNumber(value: number)
        case .bool(let flag): NSNumber(value: flag)
        case .array(let values): NSArray(array: values.map(plain))
        case .table(let table): NSDictionary(dictionary: table.entries.mapValues { plain($0.value) })
        case .other: NSNull()
        }
    }

    @Test func depthIsBounded() {
        #expect(throws: TOMLDocument.Failure.self) {
            try TOMLDocument("a = " + String(repeating: "[", count: 100_000))
        }
        #expect(throws: TOMLDocument.Failure.self) {
            try TOMLDocument(String(repeating: "a.", count: 100_000) + "a = 1")
        }
    }

    @Test(arguments: [
        ("a = 1\n\nb = x", 3), ("a = [\n1,\n2", 1), ("a = \"\"\"\n\n\nx", 1), ("a = '''\n\n'''\nb =", 4),
        ("a = \"\"\"x\\\n\n y\"\"\"\nb =", 4), ("[x]\na = [\n1, # c\n]\n[x]", 5), ("[[x]]", 1),
    ])
    func refusalsNameTheLine(text: String, line: Int) {
        #expect { try TOMLDocument(text) } throws: { ($0 as? TOMLDocument.Failure)?.line == line }
    }
}
