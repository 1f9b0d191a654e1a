/// Every statement behind the operator's questions; `Statement.registry` takes them from here.
enum QueryStatements {
    static let all: [Statement] =
        MachineQueries.all + MachineLookup.all + MachineDetailQueries.all + MetricsQueries.all + UpdateQueries.all
        + PackageQueries.all + ContainerQueries.all + StackQueries.all + DiskQueries.all + EventQueries.all
        + SnapshotQueries.all + HubQueries.all
}
