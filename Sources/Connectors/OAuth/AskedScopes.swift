import Bytes

/// What our client's scopes mean to a provider.
public struct AskedScopes: Sendable, Hashable {
    public let groups: Bool
    public let offlineAccess: Bool

    public init(groups: Bool = false, offlineAccess: Bool = false) {
        self.groups = groups
        self.offlineAccess = offlineAccess
    }

    init(_ scopes: [String]) {
        self.init(groups: scopes.containsExactly("groups"), offlineAccess: scopes.containsExactly("offline_access"))
    }
}
