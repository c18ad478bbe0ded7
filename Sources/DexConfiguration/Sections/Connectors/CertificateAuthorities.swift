import Bytes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Schema<String> {
    /// Certificates of authorities as Dex takes them: the path of a file, PEM, or base64 of PEM. They become PEM.
    static var certificateAuthority: Schema {
        Schema { place, loading in
            guard let text = Schema<String>.text.read(place, loading) else { return nil }
            if text.containsBytes(of: marker) { return text }
            let joined = text.withoutASCIIWhitespace
            if let decoded = Data(base64Encoded: joined), let pem = String(data: decoded, encoding: .utf8),
                pem.containsBytes(of: marker)
            {
                return pem
            }
            guard let pem = loading.contents(ofFile: text, namedAt: place) else { return nil }
            guard pem.containsBytes(of: marker) else {
                loading.problem(
                    "the file \(quoted(text)) holds no certificate in PEM", hint: "it begins with \(marker)", at: place)
                return nil
            }
            return pem
        }
    }

    private static var marker: String { "-----BEGIN CERTIFICATE-----" }
}
