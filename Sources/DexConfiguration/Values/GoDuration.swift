import Bytes

/// Durations in Go's syntax, which is Dex's: `1h30m`, `1.5h`, `300ms`, `0`.
enum GoDuration {
    static func parse(_ text: String) throws(Mistake) -> Duration {
        var rest = Array(text.utf8)[...]
        if rest == [UInt8(ascii: "0")] { return .zero }
        if rest.first == UInt8(ascii: "-") { throw Mistake("a duration cannot be negative") }
        if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard !rest.isEmpty else { throw notADuration(text) }
        var total: Int64 = 0
        while !rest.isEmpty {
            total = try sum(total, next(&rest, of: text), of: text)
        }
        return .nanoseconds(total)
    }

    /// The nanoseconds of one number with its unit.
    private static func next(_ rest: inout ArraySlice<UInt8>, of text: String) throws(Mistake) -> Int64 {
        let whole = takeDigits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { throw notADuration(text) }
        let unitName = String(decoding: rest.prefix { $0 != UInt8(ascii: ".") && !isDigit($0) }, as: UTF8.self)
        rest = rest.dropFirst(unitName.utf8.count)
        guard let unit = units[unitName.exact] else {
            if unitName.isEmpty { throw Mistake("the duration \(quoted(text)) has no unit", hint: example) }
            if unitName == "d" { throw Mistake("a duration has no days", hint: "write hours: 1d is 24h") }
            throw Mistake("unknown unit \(quoted(unitName)) in the duration \(quoted(text))", hint: example)
        }
        guard let count = whole.isEmpty ? 0 : Int64(String(decoding: whole, as: UTF8.self)) else { throw tooLong(text) }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        if overflow { throw tooLong(text) }
        // In floating point as Go does it, so that both come to the same nanosecond. Less than one unit, so it fits.
        var numerator = 0.0
        var denominator = 1.0
        for digit in fraction.prefix(18) {
            numerator = numerator * 10 + Double(digit - UInt8(ascii: "0"))
            denominator *= 10
        }
        let remainder = Int64(numerator * (Double(unit) / denominator))
        return try sum(nanoseconds, remainder, of: text)
    }

    private static func sum(_ a: Int64, _ b: Int64, of text: String) throws(Mistake) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        if overflow { throw tooLong(text) }
        return sum
    }

    private static let units: [ExactText: Int64] = [
        "ns": 1,
        "us": 1_000, "µs": 1_000, "μs": 1_000,
        "ms": 1_000_000,
        "s": 1_000_000_000,
        "m": 60_000_000_000,
        "h": 3_600_000_000_000,
    ]

    private static let example = "write for example 24h, 90m, 30s or 1h30m"

    private static func notADuration(_ text: String) -> Mistake {
        Mistake("\(quoted(text)) is not a duration", hint: example)
    }

    private static func tooLong(_ text: String) -> Mistake {
        Mistake("the duration \(quoted(text)) is longer than 292 years")
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        return digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension Schema<Duration> {
    static var duration: Schema {
        Schema { place, loading in
            guard case .number = place.value.content else {
                return Schema<String>.text.map(GoDuration.parse).read(place, loading)
            }
            loading.problem("expected a duration, found a number", hint: "add a unit: 30s, 5m or 24h", at: place)
            return nil
        }
    }

    /// A duration of at least a nanosecond.
    static var positiveDuration: Schema {
        duration.map { duration throws(Mistake) in
            guard duration > .zero else { throw Mistake("must be longer than 0") }
            return duration
        }
    }
}
