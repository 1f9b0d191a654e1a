import Glibc

/// The target that `VIGIE_FUZZ_TARGET` names; `-` lists them.
private let target: FuzzTarget = {
    let name = getenv("VIGIE_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    if let target = FuzzTarget.named(name) { return target }
    for target in FuzzTarget.all { print(target.name) }
    exit(name == "-" ? 0 : 64)
}()

/// Called by libFuzzer before the first input, so that a list needs none.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(_ count: UnsafeRawPointer?, _ arguments: UnsafeRawPointer?) -> CInt {
    _ = target.name
    return 0
}

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
