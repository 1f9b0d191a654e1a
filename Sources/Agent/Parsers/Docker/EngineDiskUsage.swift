import Contracts

/// `/system/df`, up to version 1.51 of the API.
enum EngineDiskUsage {
    /// Nil where the answer is none of disk usage.
    static func usage(_ json: JSONValue, measuredAt: Timestamp) -> DockerV1.DiskUsage? {
        guard case .object = json, json["LayersSize"] != nil || json["Images"] != nil || json["Containers"] != nil
        else { return nil }
        var usage = DockerV1.DiskUsage(measuredAt: measuredAt)
        let layers = json["LayersSize"]?.count
        // Podman says 0 there; its images' sizes count what they share more than once.
        usage.imagesBytes = layers == 0 ? sum(json["Images"]) { $0["Size"]?.count } ?? 0 : layers
        usage.containersBytes = sum(json["Containers"]) { $0["SizeRw"]?.count ?? 0 }
        // −1 where the volume's driver does not tell: then the sum is not known either.
        usage.volumesBytes = sum(json["Volumes"]) { $0["UsageData"]?["Size"]?.count }
        usage.buildCacheBytes = sum(json["BuildCache"]) { $0["Shared"]?.flag == true ? 0 : $0["Size"]?.count ?? 0 }
        return usage
    }

    /// Nil where there is no list, or one of its sizes is not known, or no machine has that much.
    private static func sum(_ list: JSONValue?, _ size: (JSONValue) -> Int?) -> Int? {
        guard let items = list?.arrayValue else { return nil }
        var total = 0
        for item in items {
            guard let bytes = size(item), total <= Int(JSONTreeDecoder.largestInteger) - bytes else { return nil }
            total += bytes
        }
        return total
    }
}
