/// Every statement behind the operator's questions; `Statement.registry` takes them from here.
enum QueryStatements {
    static let all: [Statement] =
        MachineQueries.all + MachineLookup.all + MachineDetailQueries.all + MetricsQueries.all + UpdateQueries.all
        + PackageQueries.all + ContainerQueries.all + StackQueries.all + DiskQueries.all + EventQueries.all
        + EventFeedQueries.all + MessageQueries.all + SnapshotQueries.all + HubQueries.all + Hearing.statements
        + MachineSelection.statements + UnknownParts.statements + hardware + apt + docker + PastArchive.statements

    private static let hardware: [Statement] =
        InterfaceQueries.all + NeighborQueries.all + PCIQueries.all + StorageQueries.all + HostKeyQueries.all
        + HostKeyApproval.all

    private static let apt: [Statement] = APTHistoryQueries.all + APTSourceQueries.all + RebootQueries.all

    private static let docker: [Statement] =
        ContainerDetailQueries.all + ImageQueries.all + VolumeQueries.all + ContainerNetworkQueries.all
        + DockerEventQueries.all
}
