import Bytes
import JOSE
import OpenIDConnect
import Upstream

/// How a provider hands out a long list.
struct Paging: Sendable {
    static let maximumPages = 100
    static let maximumElements = 10_000

    /// The member with the elements; nil if the answer is the list.
    let list: String?
    /// The address of the page after this one; nil after the last.
    let next: @Sendable (Page) -> String?

    /// By the header `Link` (RFC 8288).
    static let link = Paging(list: nil) { page in
        page.response.headers.lazy.filter { $0.name.hasSameBytesFoldingASCII(as: "link") }
            .compactMap { LinkHeader.next(in: $0.value) }.first
    }

    /// By a member that holds the address.
    static func member(_ name: String, list: String) -> Paging {
        Paging(list: list) { page in page.content[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// By counting, until a page has fewer elements than `size`; 1 is for servers that may give fewer than were asked for.
    static func numbered(untilFewerThan size: Int, address: @escaping @Sendable (Int) -> String) -> Paging {
        Paging(list: nil) { page in page.elements < size ? nil : address(page.number + 1) }
    }

    /// By a token that goes into the address.
    static func token(_ name: String, list: String, address: @escaping @Sendable (String) -> String) -> Paging {
        Paging(list: list) { page in page.content[name]?.string.flatMap { $0.isEmpty ? nil : address($0) } }
    }
}

struct Page: Sendable {
    let response: UpstreamResponse
    let content: JSON
    let elements: Int
    /// From 1.
    let number: Int
}

enum LinkHeader {
    /// The target whose relation is `next`.
    static func next(in value: String) -> String? {
        var rest = value[...]
        while let (_, opened) = rest.cutOnce(at: "<"), let (target, after) = opened.cutOnce(at: ">") {
            rest = after
            let parameters = (after.cutOnce(at: "<")?.before ?? after).asciiLowercased
            if parameters.containsBytes(of: "rel=\"next\"") || parameters.containsBytes(of: "rel=next") { return String(target) }
        }
        return nil
    }
}
