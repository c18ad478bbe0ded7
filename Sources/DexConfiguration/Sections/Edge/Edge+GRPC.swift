extension Configuration.Edge {
    /// Where Envoy asks by gRPC.
    public struct GRPC: Sendable, Hashable {
        public var address: ListenAddress
        /// Nil: in clear.
        public var tls: Configuration.TLSFiles?
        /// The path of the authorities, in PEM, of which every client needs a certificate; nil: clients need none.
        public var clientAuthority: String?
    }
}

extension Configuration.Edge.GRPC {
    /// An address alone, or a mapping with the keys of Dex's own `grpc`.
    static var schema: Schema<Self> {
        Schema { place, loading in
            if case .mapping = place.value.content { return mapping.read(place, loading) }
            return Schema<ListenAddress>.listenAddress.read(place, loading).map { Self(address: $0) }
        }
    }

    private static var mapping: Schema<Self> {
        .mapping { keys in
            let address = keys.required("addr", .listenAddress, hint: "write for example addr: 127.0.0.1:5558")
            let tls = Configuration.TLSFiles.read(keys)
            let authority = keys("tlsClientCA", .text)
            if let written = keys["tlsClientCA"], keys["tlsCert"] == nil {
                keys.loading.problem("nobody could show a certificate: tlsCert is missing", at: written)
            }
            return address.map { Self(address: $0, tls: tls, clientAuthority: authority) }
        }
    }
}
