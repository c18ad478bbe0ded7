public import Bytes
public import FoundationEssentials

extension ProcessInfo {
    /// The variables of this process, their names compared byte by byte.
    public static var exactEnvironment: [ExactText: String] {
        Dictionary(uniqueKeysWithValues: processInfo.environment.map { ($0.key.exact, $0.value) })
    }
}
