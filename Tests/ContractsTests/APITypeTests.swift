import Contracts
import TestSupport
import Testing

/// What the machine's side of the HTTP API takes and answers, against `contracts/api.schema.json`.
@Suite("machine API types")
struct APITypeTests {
    @Test("types and schema have the same shape")
    func shapes() throws {
        let schema = try SchemaFile("contracts/api.schema.json")
        func check<T: Decodable>(_ type: T.Type) throws {
            let wanted = try schema.shape(ofDefinition: String(describing: type))
            let differences = try ShapeDecoder.shape(of: type).differences(from: wanted)
            #expect(differences.isEmpty, "\(type): \(differences)")
        }
        try check(SnapshotAnswer.self)
        try check(ProblemDocument.self)
        try check(Violation.self)
        try check(EnrollmentRequest.self)
        try check(EnrollmentAnswer.self)
        try check(CAAnswer.self)
        try check(MachineAnswer.self)
    }

    @Test("the schema lists every problem code, and no other")
    func codes() throws {
        let schema = try SchemaFile("contracts/api.schema.json")
        let code = schema.root["$defs"]?["ProblemDocument"]?["properties"]?["code"]
        let listed = (code?["examples"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(listed.sorted() == ProblemCode.allCases.map(\.rawValue).sorted())
    }

    @Test("every property is described")
    func described() throws {
        let silent = try SchemaFile("contracts/api.schema.json").properties()
            .filter { ($0.schema["description"]?.stringValue ?? "").isEmpty }.map(\.place)
        #expect(silent.isEmpty, "\(silent)")
    }
}
