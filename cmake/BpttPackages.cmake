# Two Debian packages, by `cpack` in the build folder (./dev package): bptt-verify, the program; and
# libbptt-dev, what find_package(bptt) finds, with bptt_subject.h. The first's dependencies are read
# from the program; the second's are the packages that its libraries link to.
set(BPTT_MAINTAINER "The bptt-verify authors <bptt-verify@users.noreply.github.com>")

# The Debian package of each CMake package or pkg-config module that BpttInstall.cmake has noted.
set(debian_Boost libboost-dev)
set(debian_Eigen3 libeigen3-dev)
set(debian_PkgConfig pkg-config)
set(debian_Threads libc6-dev)
set(debian_fmt libfmt-dev)
set(debian_libhwy libhwy-dev)
set(debian_libzip libzip-dev)
set(debian_nlohmann_json nlohmann-json3-dev)

set(development "")
get_property(packages GLOBAL PROPERTY BPTT_DEPENDENCIES)
get_property(modules GLOBAL PROPERTY BPTT_PKG_CONFIG_MODULES)
foreach(package IN LISTS packages modules)
  if(NOT debian_${package})
    message(FATAL_ERROR "cmake/BpttPackages.cmake does not know the Debian package of ${package}")
  endif()
  list(APPEND development ${debian_${package}})
endforeach()
if(BPTT_DNNL_LIBRARY)
  list(APPEND development libdnnl-dev)
endif()
list(REMOVE_DUPLICATES development)
list(SORT development)
list(JOIN development ", " development)

# What Debian expects of every package: who may copy it, and a changelog.
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/debian/changelog CONTENT
"bptt-verify (${PROJECT_VERSION}) unstable; urgency=low

  * CHANGELOG.md in the source archive has what is new.

 -- ${BPTT_MAINTAINER}  ${today}
")
file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/debian/copyright CONTENT
"bptt-verify ${PROJECT_VERSION}

${license}")
find_program(BPTT_GZIP gzip)
foreach(component_and_package "program:bptt-verify" "development:libbptt-dev")
  string(REPLACE ":" ";" pair ${component_and_package})
  list(GET pair 0 component)
  list(GET pair 1 package)
  install(CODE "execute_process(COMMAND ${BPTT_GZIP} -9nkf ${PROJECT_BINARY_DIR}/debian/changelog
                                COMMAND_ERROR_IS_FATAL ANY)" COMPONENT ${component})
  install(FILES ${PROJECT_BINARY_DIR}/debian/changelog.gz ${PROJECT_BINARY_DIR}/debian/copyright
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "bptt-verify")
set(CPACK_PACKAGE_CONTACT "${BPTT_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME bptt-verify)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "python3-numpy")
# The first line of both descriptions is the project's.
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
"Puts an implementation of a recurrent network (RNN, LSTM) to the test: a
catalogue of properties, error bounds that are derived, and each failure as a
line that repeats it. An implementation is a shared library with a small C
interface, a Python file or a notebook.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libbptt-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${development}")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "bptt-verify (= ${PROJECT_VERSION}), cmake")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"Development files: static libraries with the reference, vector kernels,
derived error bounds and the properties that an implementation must have; what
find_package(bptt) of CMake reads; and bptt_subject.h, which a library includes
to be put to the test by bptt-verify.")
include(CPack)
