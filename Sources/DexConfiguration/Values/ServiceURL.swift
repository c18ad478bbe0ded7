import Bytes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Addresses of other people's servers.
enum ServiceURL {
    /// An address to which paths are added: without query, and without the slash at the end that would then be there twice.
    static func base(_ text: String) throws(Mistake) -> String {
        let components = try check(text)
        guard components.percentEncodedQuery == nil else { throw Mistake("must not have a query", hint: example) }
        return text.withoutLastSlashes
    }

    /// An address that is used as it is.
    static func endpoint(_ text: String) throws(Mistake) -> String {
        _ = try check(text)
        return text
    }

    private static func check(_ text: String) throws(Mistake) -> URLComponents {
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }),
            let components = URLComponents(string: text, encodingInvalidCharacters: false)
        else { throw Mistake("\(quoted(text)) is not a URL", hint: example) }
        guard let scheme = components.scheme?.asciiLowercased, scheme == "http" || scheme == "https",
            components.percentEncodedHost.map({ !$0.isEmpty }) ?? false
        else { throw Mistake("must be an http or https URL", hint: example) }
        guard components.user == nil, components.password == nil else { throw Mistake("cannot hold a user or a password") }
        guard components.percentEncodedFragment == nil else { throw Mistake("must not have a fragment", hint: example) }
        guard components.port.map({ (1...65535).contains($0) }) ?? true else { throw Mistake("has no valid port") }
        return components
    }

    private static let example = "write for example https://login.example.com"
}

extension Schema<String> {
    static var serviceBase: Schema { service(ServiceURL.base) }
    static var serviceEndpoint: Schema { service(ServiceURL.endpoint) }

    private static func service(_ check: @escaping (String) throws(Mistake) -> String) -> Schema {
        Schema { place, loading in
            guard let url = text.map(check).read(place, loading) else { return nil }
            if url.asciiLowercased.startsWithBytes(of: "http:") {
                loading.warning("secrets travel there for everybody to read", hint: "write https", at: place)
            }
            return url
        }
    }
}
