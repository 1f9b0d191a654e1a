import Contracts
import Testing

@testable import CLI

@Suite struct UnitsTests {
    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (10_188, "9.9 KiB"),
        (10_240, "10 KiB"), (1_023_488, "1.0 MiB"), (1_048_576, "1.0 MiB"), (68_719_476_736, "64 GiB"),
        (1_099_511_627_776, "1.0 TiB"), (Int.max, "8.0 EiB"),
    ])
    func `Bytes are binary units`(count: Int, text: String) { #expect(Units.bytes(count) == text) }

    @Test(arguments: [
        (0.0, "0 %"), (0.4, "0 %"), (41.25, "41 %"), (99.6, "99 %"), (100, "100 %"), (94.5, "95 %"),
    ])
    func `Only the whole is 100 %`(value: Double, text: String) { #expect(Units.percent(value) == text) }

    @Test(
        arguments: [
            (0, "now"), (999, "now"), (1000, "1 s ago"), (119_000, "119 s ago"), (120_000, "2 min ago"),
            (7_199_000, "119 min ago"), (7_200_000, "2 h ago"), (172_799_000, "47 h ago"), (172_800_000, "2 d ago"),
            (-90_000, "in 90 s"), (Int64(86_400_000) * 400, "400 d ago"),
        ] as [(Int64, String)])
    func `Times are told from now`(before: Int64, text: String) {
        let now = CLISamples.now
        #expect(Units.ago(now.adding(milliseconds: -before), now: now) == text)
    }

    @Test(arguments: [
        (1.0, 0, "1"), (1.005, 1, "1.0"), (-0.25, 2, "-0.25"), (12.345, 2, "12.35"), (0.07, 2, "0.07"), (3, 2, "3.00"),
    ])
    func `Decimals have no locale`(value: Double, decimals: Int, text: String) {
        #expect(Units.decimal(value, decimals) == text)
    }

    @Test func `Thousands are grouped`() {
        #expect(Units.grouped(0) == "0")
        #expect(Units.grouped(999) == "999")
        #expect(Units.grouped(1000) == "1,000")
        #expect(Units.grouped(-1_234_567) == "-1,234,567")
        #expect(Units.counted(1, "machine") == "1 machine")
        #expect(Units.counted(2000, "machine") == "2,000 machines")
    }

    @Test func `Bars span from least to most`() {
        #expect(Sparkline.draw([0, 50, 100], width: 3, floor: 0, ceiling: 100) == "▁▅█")
        #expect(Sparkline.draw([1, nil, 3], width: 10) == "▁ █")
        #expect(Sparkline.draw([0, 100, 0, 100], width: 2, floor: 0, ceiling: 100) == "▅▅")
        #expect(Sparkline.draw([5, 5], width: 2) == "▁▁")
        #expect(Sparkline.draw([nil, nil], width: 2) == "  ")
        #expect(Sparkline.draw([], width: 2) == "")
    }
}
