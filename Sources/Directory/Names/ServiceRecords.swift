import Bytes
import CLDAP

/// Servers of a domain, as its DNS names them (RFC 2782): `_ldap._tcp.DOMAIN`.
public enum ServiceRecords {
    /// Asks the DNS; may take seconds. The best comes first.
    public static func servers(of domain: String) throws(DirectoryError) -> [Endpoint] {
        var list: UnsafeMutablePointer<CChar>?
        let code = ldap_domain2hostlist(domain, &list)
        defer { ldap_memfree(list) }
        let servers = parse(list.map { String(cString: $0) } ?? "")
        guard code == LDAP_SUCCESS, !servers.isEmpty else {
            throw DirectoryError(
                .unreachable, code: Int(code), action: "look up the servers of \(domain)",
                diagnostic: "the DNS has no SRV records _ldap._tcp.\(domain)")
        }
        return servers
    }

    /// `a.example.com:389 b.example.com:389`.
    static func parse(_ list: String) -> [Endpoint] {
        list.fields(at: " ").compactMap { word in
            guard let (name, number) = word.cutLast(at: ":"), let port = Int(number), port > 0 else { return nil }
            let host = name.beforeBytes(of: ".") ?? name
            return host.isEmpty ? nil : Endpoint(host: String(host), port: port)
        }
    }
}
