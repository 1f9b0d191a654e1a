/// Who posts when: each machine once in a round, every round in another order.
///
/// Real fleets report in no order. A load that takes machines in turn visits the database's pages in the order of their
/// keys, which is kinder to its cache than any fleet is.
struct FleetOrder {
    /// The machine of each snapshot.
    private(set) var machines: [Int] = []

    init(machines count: Int, snapshots: Int, seed: Int = 1) {
        var random = SplitMix(seed: seed)
        machines.reserveCapacity(snapshots + count)
        while machines.count < snapshots { machines += (0..<count).shuffled(using: &random) }
        machines.removeLast(machines.count - snapshots)
    }
}
