import Bytes

/// What the authorization endpoint answers with (OAuth 2.0 Multiple Response Types).
public struct ResponseType: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let code = ResponseType(rawValue: 1)
    public static let token = ResponseType(rawValue: 2)
    public static let idToken = ResponseType(rawValue: 4)

    private static let words: [(String, ResponseType)] = [("code", .code), ("id_token", .idToken), ("token", .token)]

    /// - Returns: nil for an unknown word, or none.
    public init?(words: [String]) {
        var found: ResponseType = []
        for word in words {
            guard let known = Self.words.first(where: { $0.0.hasSameBytes(as: word) }) else { return nil }
            found.insert(known.1)
        }
        if found.isEmpty { return nil }
        self = found
    }

    /// Every combination that exists, but `token` alone, which would tell nobody who has logged in.
    static let all: [ResponseType] = [
        .code, .idToken, [.idToken, .token], [.code, .idToken], [.code, .token], [.code, .idToken, .token],
    ]

    /// The words in alphabetical order, as registered.
    public var text: String {
        Self.words.filter { contains($0.1) }.map(\.0).joined(separator: " ")
    }

    /// Tokens come in the front channel, so that a nonce and a fragment are needed.
    public var isFrontChannel: Bool { contains(.token) || contains(.idToken) }

    /// Listed as it is, or by its single words: Dex checks a request word by word.
    func isAllowed(by list: [ResponseType]) -> Bool {
        list.contains(self) || Self.words.allSatisfy { !contains($0.1) || list.contains($0.1) }
    }
}

/// How the answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
public enum ResponseMode: String, Sendable, Hashable, CaseIterable {
    case query
    case fragment
    case formPost = "form_post"
}
