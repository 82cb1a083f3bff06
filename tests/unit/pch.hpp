// What every unit test includes, parsed once. Third-party headers alone.
#include "../../src/pch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
