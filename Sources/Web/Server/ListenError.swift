#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import NIOCore

/// Why a listener could not start. Every case names the address as it was configured.
public enum ListenError: Error, Sendable, Hashable {
    case inUse(ListenAddress)
    /// Ports below 1024 need a privilege.
    case notPermitted(ListenAddress)
    /// The host is not one of this machine's addresses, or its name has no address.
    case noSuchAddress(ListenAddress)
    case failed(ListenAddress, reason: String)

    init(_ error: any Error, address: ListenAddress) {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE: self = .inUse(address)
        case let error as IOError where error.errnoCode == EACCES: self = .notPermitted(address)
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL: self = .noSuchAddress(address)
        case is SocketAddressError: self = .noSuchAddress(address)
        default: self = .failed(address, reason: "\(error)")
        }
    }
}

extension ListenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .inUse(let address): "\(address) is in use: another program listens there"
        case .notPermitted(let address): "this user may not listen on \(address)"
        case .noSuchAddress(let address): "\(address) is no address of this machine"
        case .failed(let address, let reason): "cannot listen on \(address): \(reason)"
        }
    }
}
