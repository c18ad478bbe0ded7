import Bytes

/// What a value must look like, and what it becomes. Reading gives nil if and only if a problem has been reported.
struct Schema<Value> {
    let read: (Located, Loading) -> Value?
}

extension Schema {
    /// Values of this schema that also pass a check. The check throws what is wrong.
    func map<Other>(_ transform: @escaping (Value) throws(Mistake) -> Other) -> Schema<Other> {
        Schema<Other> { place, loading in
            guard let value = read(place, loading) else { return nil }
            do throws(Mistake) {
                return try transform(value)
            } catch {
                loading.problem(error.message, hint: error.hint, at: place)
                return nil
            }
        }
    }

    /// A mapping; `build` asks for its keys.
    /// - Parameter isStrict: whether unknown keys are problems even where they are to be ignored.
    static func mapping(isStrict: Bool = false, _ build: @escaping (Keys) -> Value?) -> Schema {
        Schema { place, loading in
            guard case .mapping = place.value.content else {
                loading.problem("expected a mapping, found \(place.kind)", at: place)
                return nil
            }
            let keys = Keys(of: place, loading: loading, isStrict: isStrict)
            let value = build(keys)
            keys.finish()
            return value
        }
    }

    /// A list; elements that are wrong are left out, each with its problem.
    static func list<Element>(of element: Schema<Element>) -> Schema where Value == [Element] {
        Schema { place, loading in
            guard case .sequence = place.value.content else {
                loading.problem("expected a list, found \(place.kind)", hint: "begin each element with -", at: place)
                return nil
            }
            return place.elements.compactMap { place in
                if place.isAbsent {
                    loading.problem("empty", at: place)
                    return nil
                }
                return element.read(place, loading)
            }
        }
    }

    /// One of the raw values of an enumeration. Words of the capability table are refused as not built yet.
    static func word(_ noun: String, _ type: Value.Type = Value.self) -> Schema
    where Value: CaseIterable & RawRepresentable<String> {
        Schema { place, loading in
            guard let text = Schema<String>.text.read(place, loading) else { return nil }
            if let missing = Capability.missing(at: place.path, value: text) {
                loading.problem(missing.message, at: place)
                return nil
            }
            if let value = Value(rawValue: text) { return value }
            let words = Value.allCases.map(\.rawValue)
            let closest = Suggestion.closest(to: text, among: words).map { "did you mean \(quoted($0))?" }
            let usable = words.filter { Capability.missing(at: place.path, value: $0) == nil }
            loading.problem(
                "unknown \(noun) \(quoted(text))", hint: closest ?? "one of \(usable.joined(separator: ", "))", at: place)
            return nil
        }
    }
}

/// What is wrong with one value, and what would be right.
struct Mistake: Error {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}

extension Schema<String> {
    /// Text. Unquoted numbers, `yes` and the like are not text, as in Dex.
    static var text: Schema {
        Schema { place, loading in
            if let text = place.string { return text }
            let canBeQuoted =
                switch place.value.content {
                case .number, .bool: true
                case .null, .string, .sequence, .mapping: false
                }
            loading.problem("expected text, found \(place.kind)", hint: canBeQuoted ? "put it in quotes" : nil, at: place)
            return nil
        }
    }
}

extension Schema<Secret> {
    /// Text that must not be shown.
    static var secret: Schema { Schema<String>.text.map { text throws(Mistake) in Secret(text) } }
}

extension Schema<Void> {
    /// Whatever is written, unread.
    static var anything: Schema { Schema { _, _ in () } }
}

extension Schema<Bool> {
    /// `true`, `yes`, `on` and their opposites, without quotes.
    static var bool: Schema {
        Schema { place, loading in
            if case .bool(let value) = place.value.content { return value }
            let isQuoted = if let text = place.string, case .bool = PlainScalar.content(of: text) { true } else { false }
            loading.problem(
                "expected true or false, found \(place.kind)", hint: isQuoted ? "remove the quotes" : nil, at: place)
            return nil
        }
    }
}

extension Schema<Int> {
    /// A whole number within a range, without quotes.
    static func integer(in range: ClosedRange<Int>) -> Schema {
        Schema { place, loading in
            guard case .number(let text) = place.value.content else {
                let isQuoted = place.string.map { Int($0) != nil } ?? false
                loading.problem(
                    "expected a whole number, found \(place.kind)", hint: isQuoted ? "remove the quotes" : nil, at: place)
                return nil
            }
            guard let number = Int(String(decoding: text.utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)),
                range.contains(number)
            else {
                loading.problem("expected a whole number from \(range.lowerBound) to \(range.upperBound)", at: place)
                return nil
            }
            return number
        }
    }
}

extension Schema<[ExactText: String]> {
    /// A mapping with keys of the user's choice.
    static var dictionary: Schema {
        Schema { place, loading in
            guard case .mapping(let entries) = place.value.content else {
                loading.problem("expected a mapping, found \(place.kind)", at: place)
                return nil
            }
            var dictionary: [ExactText: String] = [:]
            for entry in entries where entry.value.content != .null {
                let value = Located(value: entry.value, path: place.path.key(entry.key))
                dictionary[entry.key.exact] = Schema<String>.text.read(value, loading)
            }
            return dictionary
        }
    }
}
