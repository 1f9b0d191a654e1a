/// Who posts when: each machine once in a round, every round in another order.
///
/// Real fleets report in no order. A load that takes machines in turn visits the database's pages in the order of their
/// keys, which is kinder to its cache than any fleet is. Nor does a real machine report twice within a moment: here half a
/// fleet comes between, so that no snapshot overtakes the one before it on another connection, and is late.
struct FleetOrder {
    /// The machine of each snapshot.
    private(set) var machines: [Int] = []

    init(machines count: Int, snapshots: Int, seed: Int = 1) {
        var random = SplitMix(seed: seed)
        let fleet = (0..<count).shuffled(using: &random)
        let halves = [fleet.prefix(count / 2), fleet.suffix(count - count / 2)]
        machines.reserveCapacity(snapshots + count)
        while machines.count < snapshots {
            for half in halves { machines += half.shuffled(using: &random) }
        }
        machines.removeLast(machines.count - snapshots)
    }
}
