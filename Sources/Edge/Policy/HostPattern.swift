/// A host, or many: what a policy's `host` says, after reading. Names are in lower case.
public enum HostPattern: Sendable, Hashable {
    /// A name without a port stands for every port.
    case name(String)
    /// With the port: `app.example.com:8443`.
    case nameAndPort(String)
    /// `*.example.com` is `example.com` here: all names that end so, but not that one.
    case below(String)

    func matches(_ place: JudgedPlace) -> Bool {
        switch self {
        case .name(let name): place.hostName.elementsEqual(name.utf8)
        case .nameAndPort(let host): place.host.elementsEqual(host.utf8)
        case .below(let domain):
            place.hostName.count > domain.utf8.count + 1
                && place.hostName.reversed().starts(with: domain.utf8.reversed())
                && place.hostName[place.hostName.count - domain.utf8.count - 1] == UInt8(ascii: ".")
        }
    }
}
