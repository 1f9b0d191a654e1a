import HubAPI
import TestSupport
import Testing

/// What the operator's side of the HTTP API takes and answers, against `contracts/api.schema.json`.
@Suite("operator API types")
struct APISchemaTests {
    private static let schema = Result { try SchemaFile("contracts/api.schema.json") }

    private func check<T: Decodable>(_ type: T.Type, as definition: String? = nil) throws {
        let wanted = try Self.schema.get().shape(ofDefinition: definition ?? String(describing: type))
        let differences = try ShapeDecoder.shape(of: type).differences(from: wanted)
        #expect(differences.isEmpty, "\(type): \(differences)")
    }

    @Test("answers about one thing have the schema's shape")
    func single() throws {
        try check(MachineDetail.self)
        try check(MachineDiff.self)
        try check(MetricsAnswer.self)
        try check(HubStatus.self)
        try check(SQLRequest.self)
        try check(HostKeyDecision.self)
        try check(ContainerDetail.self)
        try check(EventFeedAnswer.self)
        try check(SQLAnswer.self)
        try check(AcknowledgeRequest.self)
    }

    @Test("lists have the schema's shape")
    func lists() throws {
        try check(ListAnswer<MachineSummary>.self, as: "MachineSummaryList")
        try check(ListAnswer<SnapshotSummary>.self, as: "SnapshotSummaryList")
        try check(ListAnswer<UpdateAnswer>.self, as: "UpdateAnswerList")
        try check(ListAnswer<PackageAnswer>.self, as: "PackageAnswerList")
        try check(ListAnswer<ContainerAnswer>.self, as: "ContainerAnswerList")
        try check(ListAnswer<StackAnswer>.self, as: "StackAnswerList")
        try check(ListAnswer<FilesystemAnswer>.self, as: "FilesystemAnswerList")
        try check(ListAnswer<EventAnswer>.self, as: "EventAnswerList")
        try check(ListAnswer<InterfaceAnswer>.self, as: "InterfaceAnswerList")
        try check(ListAnswer<NeighborAnswer>.self, as: "NeighborAnswerList")
        try check(ListAnswer<DiskAnswer>.self, as: "DiskAnswerList")
        try check(ListAnswer<StoragePoolAnswer>.self, as: "StoragePoolAnswerList")
        try check(ListAnswer<PCIDeviceAnswer>.self, as: "PCIDeviceAnswerList")
        try check(ListAnswer<UpdateGroupAnswer>.self, as: "UpdateGroupAnswerList")
        try check(ListAnswer<APTRunAnswer>.self, as: "APTRunAnswerList")
        try check(ListAnswer<APTSourceAnswer>.self, as: "APTSourceAnswerList")
        try check(ListAnswer<RebootAnswer>.self, as: "RebootAnswerList")
        try check(ListAnswer<DockerEventAnswer>.self, as: "DockerEventAnswerList")
        try check(ListAnswer<ImageAnswer>.self, as: "ImageAnswerList")
        try check(ListAnswer<VolumeAnswer>.self, as: "VolumeAnswerList")
        try check(ListAnswer<ContainerNetworkAnswer>.self, as: "ContainerNetworkAnswerList")
        try check(ListAnswer<HostKeyAnswer>.self, as: "HostKeyAnswerList")
        try check(ListAnswer<MessageAnswer>.self, as: "MessageAnswerList")
        try check(ListAnswer<TableAnswer>.self, as: "TableAnswerList")
    }
}
