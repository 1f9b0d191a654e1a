import Testing

@testable import Hub

/// Messages as a value: the fold over snapshots, whatever their order.
@Suite struct MessageTimelineTests {
    /// What one snapshot of a test says.
    struct Said {
        var order: SnapshotOrder
        var observation: MessageObservation
    }

    private static func warning(
        _ code: String, _ severity: Severity, _ subject: String = "/", section: String = "/filesystems", text: String
    ) -> StateWarning {
        StateWarning(code: code, severity: severity, subject: subject, message: text, section: section)
    }

    private static func order(_ at: Int64, _ sequence: Int64 = 1) -> SnapshotOrder {
        SnapshotOrder(effectiveAt: at, sequence: sequence, uuid: "id-\(at)-\(sequence)")
    }

    /// A used share at a moment, with the limits of file systems.
    private static func full(_ percent: Double?, at: Int64) -> Said {
        func warnings(_ value: Double) -> [StateWarning] {
            let severity = Thresholds.filesystem(value)
            return severity > .ok ? [warning("filesystem_full", severity, text: "\(percent ?? 0) %")] : []
        }
        guard let percent else {
            return Said(order: order(at), observation: MessageObservation(warnings: [], unknown: ["/filesystems"]))
        }
        return Said(
            order: order(at),
            observation: MessageObservation(
                warnings: warnings(percent), lingering: warnings(percent + Thresholds.filesystemMargin)))
    }

    /// Takes them in the order of the list, as ingest does; the archive has what came before.
    private func take(_ arrivals: [Said]) throws -> MessageTimeline {
        var timeline = MessageTimeline()
        var archive: [Said] = []
        for said in arrivals {
            archive.append(said)
            archive.sort { $0.order < $1.order }
            let known = archive
            try timeline.take(
                said.observation, at: said.order,
                previous: { known.last { $0.order < said.order }?.order.effectiveAt },
                following: { place in
                    known.first { $0.order > place }.map {
                        MessageTimeline.Following(order: $0.order, observation: $0.observation)
                    }
                })
        }
        return timeline
    }

    private func words(_ timeline: MessageTimeline) -> [String] {
        timeline.runs.values.joined().sorted { ($0.opened, $0.key) < ($1.opened, $1.key) }.map {
            "\($0.severity) \($0.opened.effectiveAt)-\($0.closed.map { "\($0.effectiveAt)" } ?? "") \($0.message)"
        }
    }

    @Test func `A message begins, becomes worse, and ends`() throws {
        let timeline = try take([
            Self.full(50, at: 1), Self.full(91, at: 2), Self.full(92, at: 3), Self.full(98, at: 4),
            Self.full(40, at: 5),
        ])
        #expect(words(timeline) == ["warning 2-4 91.0 %", "critical 4-5 98.0 %"])
        #expect(timeline.runs.values.joined().compactMap(\.lastSeenAt).sorted() == [3, 4])
        #expect(!timeline.hasOpen)
    }

    @Test func `A value about its limit is one message`() throws {
        let dance = [89.5, 90.5, 89.5, 88.5, 90.5, 97.5, 95.5, 96.0, 94.9, 87.9]
        let timeline = try take(dance.enumerated().map { Self.full($0.element, at: Int64($0.offset)) })
        #expect(words(timeline) == ["warning 1-5 90.5 %", "critical 5-8 97.5 %", "warning 8-9 94.9 %"])
    }

    @Test func `What could not be read ends nothing, and begins nothing`() throws {
        let timeline = try take([Self.full(nil, at: 0), Self.full(91, at: 1), Self.full(nil, at: 2)])
        #expect(words(timeline) == ["warning 1- 91.0 %"])
        #expect(timeline.hasOpen)
    }

    @Test func `A late snapshot that shows it gone makes two messages of one`() throws {
        let timeline = try take([Self.full(91, at: 1), Self.full(92, at: 3), Self.full(10, at: 2)])
        #expect(words(timeline) == ["warning 1-2 91.0 %", "warning 3- 92.0 %"])
    }

    @Test func `A late snapshot that shows it joins two messages`() throws {
        // At 1 it begins, 3 could not be read, at 4 it is gone; then it turns out that at 2 it was gone already.
        let first = try take([Self.full(91, at: 1), Self.full(nil, at: 3), Self.full(5, at: 4)])
        #expect(words(first) == ["warning 1-4 91.0 %"])
        let second = try take([
            Self.full(91, at: 1), Self.full(nil, at: 3), Self.full(5, at: 4), Self.full(5, at: 2),
        ])
        #expect(words(second) == ["warning 1-2 91.0 %"])
        let third = try take([Self.full(95, at: 5), Self.full(93, at: 4), Self.full(91, at: 3)])
        #expect(words(third) == ["warning 3- 91.0 %"])
    }

    private func random(_ seed: UInt64, count: Int) -> [Said] {
        var random = TestRandom(seed)
        let texts = ["a", "b", "c"]
        var at: Int64 = 0
        return (0..<count).map { index in
            // Moments repeat: then the number decides.
            if Int.random(in: 0..<3, using: &random) > 0 { at += 1 }
            func some(_ share: Int) -> [StateWarning] {
                texts.filter { _ in Int.random(in: 0..<100, using: &random) < share }.map { text in
                    Self.warning(
                        text, [.info, .warning, .critical].randomElement(using: &random) ?? .warning, "x",
                        section: "/\(text)", text: "\(index)")
                }
            }
            let unknown = texts.filter { _ in Int.random(in: 0..<100, using: &random) < 25 }.map { "/\($0)" }
            return Said(
                order: Self.order(at, Int64(index)),
                observation: MessageObservation(warnings: some(40), lingering: some(30), unknown: unknown))
        }
    }

    @Test(arguments: 1...40) func `Any order of arrival gives the same messages`(seed: Int) throws {
        var random = TestRandom(UInt64(seed) + 1000)
        let history = self.random(UInt64(seed), count: 24)
        let expected = try take(history)
        for _ in 0..<4 {
            let shuffled = history.shuffled(using: &random)
            let found = try take(shuffled)
            #expect(words(found) == words(expected), "seed \(seed)")
            #expect(found.runs.filter { !$0.value.isEmpty } == expected.runs.filter { !$0.value.isEmpty })
        }
    }

    @Test(arguments: 1...20) func `Replaying gives the same, over a full, an empty and a half-forgotten table`(
        seed: Int
    ) throws {
        let history = random(UInt64(seed) + 50, count: 24)
        let expected = try take(history)
        func replay(_ stored: MessageTimeline, _ said: some Sequence<Said>) -> MessageTimeline {
            var replay = MessageReplay(stored: stored)
            for said in said { replay.take(said.observation, at: said.order) }
            return replay.finished()
        }
        func filled(_ timeline: MessageTimeline) -> [MessageKey: [MessageRun]] {
            timeline.runs.filter { !$0.value.isEmpty }
        }
        #expect(filled(replay(expected, history)) == filled(expected))
        #expect(filled(replay(MessageTimeline(), history)) == filled(expected))
        // Retention has taken the older half, and then some between.
        #expect(filled(replay(expected, history.suffix(12))) == filled(expected))
        let holes = history.enumerated().filter { $0.offset % 3 == 1 }.map(\.element)
        #expect(filled(replay(expected, holes)) == filled(expected))
        #expect(filled(replay(expected, [])) == filled(expected))
    }

    @Test func `What the archive has forgotten is not undone by a late snapshot`() throws {
        var timeline = try take([Self.full(91, at: 2), Self.full(5, at: 4), Self.full(91, at: 6)])
        // Only the snapshot at 6 is still in the archive when one of 1 comes.
        let late = Self.full(92, at: 1)
        try timeline.take(
            late.observation, at: late.order, previous: { nil },
            following: { _ in
                MessageTimeline.Following(order: Self.order(6), observation: Self.full(91, at: 6).observation)
            })
        #expect(words(timeline) == ["warning 1-4 92.0 %", "warning 6- 91.0 %"])
    }
}
