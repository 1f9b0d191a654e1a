import Testing

@testable import Hub

@Suite struct MachineTagsTests {
    private static func items(_ fleet: QueryFleet, of machine: Int64, within range: ClosedRange<Int64>) throws -> String
    {
        try fleet.read { connection in
            let tags = try MachineTags(connection, of: range)
            return withExtendedLifetime(tags) { String(decoding: tags.items(of: machine), as: UTF8.self) }
        }
    }

    @Test func `Both tables' tags are told in the order of their bytes, each once`() throws {
        let fleet = try QueryFleet("a", "b", "c", "d", "e")
        try fleet.run(
            """
            INSERT INTO machine_tags (machine_id, tag)
            VALUES (1, 'only'), (2, 'm'), (2, 'b'), (2, 'é'), (2, 'ab'), (4, 'z'), (4, 'say "hi"')
            """)
        try fleet.run(
            """
            INSERT INTO machine_automatic_tags (machine_id, tag, kind)
            VALUES (2, 'a', 'apt'), (2, 'm', 'apt'), (2, 'm', 'docker'), (2, 'm', 'rule'), (2, 'zz', 'apt'),
              (3, 'vm', 'hardware'), (3, 'vm', 'rule')
            """)
        let expected = [1: #""only""#, 2: #""a","ab","b","m","zz","é""#, 3: #""vm""#, 4: #""say \"hi\"","z""#, 5: ""]
        for (machine, items) in expected {
            #expect(try Self.items(fleet, of: Int64(machine), within: 1...5) == items)
            #expect(try Self.items(fleet, of: Int64(machine), within: Int64(machine)...Int64(machine)) == items)
        }
        #expect(try Self.items(fleet, of: 2, within: 3...5).isEmpty)
    }

    @Test(arguments: [("m", [2]), ("vm", [3, 4]), ("only", [1]), ("v", []), ("", [])] as [(String, [Int64])])
    func `A tag that is asked for is found in both tables`(tag: String, machines: [Int64]) throws {
        let fleet = try QueryFleet("a", "b", "c", "d")
        try fleet.run("INSERT INTO machine_tags (machine_id, tag) VALUES (1, 'only'), (2, 'm'), (4, 'vm'), (3, 'vmm')")
        try fleet.run(
            "INSERT INTO machine_automatic_tags (machine_id, tag, kind) VALUES (2, 'm', 'apt'), (3, 'vm', 'hardware')")
        try fleet.read { connection in
            let tags = try MachineTags(connection, of: 1...4, wanted: tag)
            #expect((1...4).filter { tags.isWanted($0) } == machines)
        }
    }
}
