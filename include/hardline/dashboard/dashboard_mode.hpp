// How much the dashboard may do.
#pragma once

namespace hardline::dashboard {

enum class DashboardMode { on, read_only, off };

}  // namespace hardline::dashboard
