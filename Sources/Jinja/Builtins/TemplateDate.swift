// The date and time that templates print, given by the caller so that a run can be repeated.

/// A moment as a calendar and a clock show it.
public struct TemplateDate: Sendable, Equatable {
  let year, month, day, hour, minute, second: Int

  /// A moment of the years 1000 to 9999; nil if there is none, as on 29 February of a common year.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard (1_000...9_999).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.dayCount(month: month, year: year), (0...23).contains(hour), (0...59).contains(minute),
      (0...59).contains(second)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func dayCount(month: Int, year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The day of the year, 1 for 1 January.
  fileprivate var dayOfYear: Int { (1..<month).reduce(day) { $0 + Self.dayCount(month: $1, year: year) } }

  /// The day of the week, 0 for Sunday.
  fileprivate var weekday: Int {
    let past = year - 1
    return (past * 365 + past / 4 - past / 100 + past / 400 + dayOfYear) % 7
  }

  private static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
  ]
  private static let weekdayNames = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  /// What `strftime` writes for a letter after `%` in the C locale; nil for letters that are not offered.
  fileprivate func field(_ letter: Unicode.Scalar) -> String? {
    switch letter {
    case "Y": String(year)
    case "y": Self.padded(year % 100)
    case "m": Self.padded(month)
    case "d": Self.padded(day)
    case "e": Self.padded(day, with: " ")
    case "j": Self.padded(dayOfYear, width: 3)
    case "H": Self.padded(hour)
    case "I": Self.padded((hour + 11) % 12 + 1)
    case "M": Self.padded(minute)
    case "S": Self.padded(second)
    case "p": hour < 12 ? "AM" : "PM"
    case "B": Self.monthNames[month - 1]
    case "b", "h": String(Self.monthNames[month - 1].prefix(3))
    case "A": Self.weekdayNames[weekday]
    case "a": String(Self.weekdayNames[weekday].prefix(3))
    case "u": String((weekday + 6) % 7 + 1)
    case "w": String(weekday)
    case "F": "\(year)-\(Self.padded(month))-\(Self.padded(day))"
    case "T": "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))"
    case "n": "\n"
    case "t": "\t"
    case "%": "%"
    default: nil
    }
  }

  private static func padded(_ number: Int, width: Int = 2, with character: String = "0") -> String {
    let digits = String(number)
    return String(repeating: character, count: max(0, width - digits.count)) + digits
  }
}

extension Renderer {
  /// `format` with its fields filled in, as Python's `strftime` does.
  func formatted(_ date: TemplateDate, _ format: Text) throws(JinjaError) -> Text {
    var result: [Unicode.Scalar] = []
    var rest = format.scalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%" else {
        result.append(scalar)
        continue
      }
      guard let letter = rest.popFirst(), let field = date.field(letter) else {
        throw unsupported("the format \(format.excerpt) of strftime_now")
      }
      result += field.unicodeScalars
    }
    return Text(result)
  }
}
