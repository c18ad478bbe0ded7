import NIOCore

extension SocketAddress {
    /// The 4 or 16 bytes of an IP address, in the order of the network; empty for anything else.
    var addressBytes: [UInt8] {
        // `sockaddr_in` and `sockaddr_in6` are laid out alike everywhere: family, port, for IPv6 the flow, address.
        switch self {
        case .v4(let v4): withUnsafeBytes(of: v4.address) { Array($0[4..<8]) }
        case .v6(let v6): withUnsafeBytes(of: v6.address) { Array($0[8..<24]) }
        case .unixDomainSocket: []
        }
    }
}
