/// Every statement behind the operator's questions; `Statement.registry` takes them from here.
enum QueryStatements {
    static let all: [Statement] =
        MachineQueries.all + MachineLookup.all + MachineDetailQueries.all + MetricsQueries.all + UpdateQueries.all
        + PackageQueries.all + ContainerQueries.all + StackQueries.all + DiskQueries.all + EventQueries.all
        + MessageQueries.all + SnapshotQueries.all + HubQueries.all + MachineSelection.statements
        + UnknownParts.statements + hardware + PastArchive.statements

    private static let hardware: [Statement] =
        InterfaceQueries.all + NeighborQueries.all + PCIQueries.all + StorageQueries.all + HostKeyQueries.all
        + HostKeyApproval.all
}
