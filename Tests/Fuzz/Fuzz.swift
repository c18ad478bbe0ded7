#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One reader under random bytes. A target checks what must hold of whatever the reader accepts, and stops the process where it
/// does not: libFuzzer then keeps the input.
protocol FuzzTarget: Sendable {
    static var name: String { get }
    init() throws
    func run(_ input: [UInt8])
}

/// What does not hold for an input.
func fail(_ text: String) -> Never { fatalError("does not hold: \(text)") }

func check(_ holds: Bool, _ text: @autoclosure () -> String) {
    if !holds { fail(text()) }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ values: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ one: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// libFuzzer's own `main` wants it. It is not the one that runs: ``Fuzz/main()`` chooses the target first.
@_cdecl("LLVMFuzzerTestOneInput")
public func unusedEntry(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt { 0 }

/// `FUZZ_TARGET=path Fuzz [libFuzzer's options] [folders of inputs]`
@main
enum Fuzz {
    private static let all: [any FuzzTarget.Type] = [
        ForwardedTarget.self, PathTarget.self, AuthorityTarget.self, FormTarget.self, JSONTarget.self, JWSTarget.self,
        YAMLTarget.self, XMLTarget.self, HeadTarget.self, HTTP1Target.self, HTTP2Target.self,
    ]

    private static let target: any FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let type = all.first(where: { $0.name == name }) else {
            print("FUZZ_TARGET is one of: \(all.map { $0.name }.joined(separator: " "))")
            exit(2)
        }
        do { return try type.init() } catch {
            print("\(name): \(error)")
            exit(2)
        }
    }()

    static func main() {
        _ = target
        var count = CommandLine.argc
        var values = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &values) { bytes, count in
                Fuzz.target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            })
    }
}
